#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/decimal.h"
#include "base/result.h"
#include "load/xiaoe/sandbox/order_book.h"

namespace tidemark::load::xiaoe {

/// One line of a seller's invoices, as data sets have them.
struct ImportedLine {
  std::string invoice;
  std::string article;
  std::string title{};
  std::string customer{};  ///< Empty: unknown.
  Moment time{};
  Decimal quantity{};  ///< Below 0: given back.
  Decimal price{};     ///< Of one piece.
};

/// What became of the lines.
struct ImportFigures {
  std::uint64_t orders = 0;
  std::uint64_t refunds = 0;
  std::uint64_t without_sale = 0;  ///< Given back, but no sale matches.
  std::uint64_t left_out = 0;      ///< Neither sold nor given back: corrections, price 0.
};

/// The orders of a real shop. Each line that sells something is an order of its own, `InvoiceNo-1`
/// and so on, as a row of xe.order.list.get/1.0.1 carries one resource: paid when it was placed,
/// its amount quantity times price, rounded to the cent (fen; whatever the currency was). A line of
/// an invoice `C…` that gives something back is a refund, at once, of the newest earlier order of
/// the same customer, article and price that has enough pieces left; customers that are unknown
/// match none. About 100 bytes an order.
class ImportedBook final : public OrderBook {
 public:
  class Builder;

  [[nodiscard]] const ImportFigures& figures() const { return figures_; }

  [[nodiscard]] std::uint64_t size() const override { return orders_.size(); }
  [[nodiscard]] OrderFate fate(std::uint64_t index) const override;
  [[nodiscard]] std::uint64_t placed_before(Moment moment) const override;
  [[nodiscard]] std::string order_id(const OrderFate& fate) const override;
  [[nodiscard]] std::optional<std::uint64_t> order_of(std::string_view id) const override;
  [[nodiscard]] std::chrono::seconds life() const override { return life_; }

  [[nodiscard]] std::uint64_t users() const override { return users_.size(); }
  [[nodiscard]] User user(std::uint64_t number) const override;
  [[nodiscard]] std::string user_id(std::uint64_t number) const override;
  [[nodiscard]] std::uint64_t registered_before(Moment moment) const override;
  [[nodiscard]] std::vector<std::uint64_t> orders_of(std::uint64_t user) const override;

 private:
  struct Order {
    Moment time;
    std::int64_t amount;  ///< In fen.
    std::uint32_t invoice;
    std::uint32_t line;  ///< Within its invoice, from 1.
    std::uint32_t user;
    std::uint32_t article;
    std::int64_t quantity;
  };
  struct Refund {
    std::uint64_t order;
    Moment time;
    std::int64_t amount;
  };
  struct Customer {
    std::string name;
    Moment first;
    std::vector<std::uint32_t> orders;
  };

  ImportedBook(Catalogue catalogue, Builder&& built);

  std::vector<Order> orders_;    ///< By time.
  std::vector<Refund> refunds_;  ///< By order, then by time.
  std::vector<Customer> users_;  ///< By their first order.
  std::vector<std::string> invoices_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> orders_by_invoice_;
  std::chrono::seconds life_{};
  ImportFigures figures_;
};

/// Takes the lines of a file, one after the other. Lines of one invoice need not be adjacent.
class ImportedBook::Builder {
 public:
  /// Errors: corrupt: an amount or a quantity is too large, or no whole number of pieces.
  [[nodiscard]] Result<void> add(const ImportedLine& line);
  /// Errors: corrupt: there was nothing to sell.
  [[nodiscard]] Result<std::shared_ptr<const ImportedBook>> build() &&;

 private:
  friend class ImportedBook;
  struct Sale {
    Order order;
    Decimal price;
    std::int64_t left;         ///< Pieces that were not given back.
    std::int64_t amount_left;  ///< In fen.
  };
  struct GivenBack {
    std::uint32_t customer;
    std::uint32_t article;
    Moment time;
    Decimal price;
    std::int64_t quantity;
    std::size_t place;  ///< Among those of the file.
  };

  static std::uint32_t number_of(std::unordered_map<std::string, std::uint32_t>& numbers,
                                 const std::string& name);
  void match();

  std::unordered_map<std::string, std::uint32_t> invoices_, customers_, articles_;
  std::vector<std::uint32_t> lines_;  ///< Per invoice, so far.
  std::vector<Article> goods_;        ///< Per article.
  std::vector<Sale> sales_;
  std::vector<GivenBack> given_back_;
  std::vector<Refund> refunds_;
  ImportFigures figures_;
};

}  // namespace tidemark::load::xiaoe
