#pragma once

#include "load/xiaoe/sandbox/buyers.h"
#include "load/xiaoe/sandbox/order_book.h"

namespace tidemark::load::xiaoe {

struct OrderBookOptions {
  std::uint64_t orders = 1000;
  std::uint64_t seed = 1;
  Moment from{};   ///< The first order is not placed before it.
  Moment until{};  ///< The last one is placed before it.
};

/// Orders from a seed, each computed when it is asked for: a book of a hundred million orders takes
/// no more memory than an empty one. More of them are placed in the evening than at night.
class SeededBook final : public OrderBook {
 public:
  explicit SeededBook(OrderBookOptions options);

  [[nodiscard]] std::uint64_t size() const override { return options_.orders; }
  [[nodiscard]] OrderFate fate(std::uint64_t index) const override;
  [[nodiscard]] std::uint64_t placed_before(Moment moment) const override;
  /// `o_1735689612_2s`: it names the order's place in the book.
  [[nodiscard]] std::string order_id(const OrderFate& fate) const override;
  [[nodiscard]] std::optional<std::uint64_t> order_of(std::string_view id) const override;
  [[nodiscard]] std::chrono::seconds life() const override { return std::chrono::days(61); }

  [[nodiscard]] std::uint64_t users() const override { return buyers_.size(); }
  [[nodiscard]] User user(std::uint64_t number) const override;
  [[nodiscard]] std::string user_id(std::uint64_t number) const override;
  [[nodiscard]] std::uint64_t registered_before(Moment moment) const override;
  [[nodiscard]] std::vector<std::uint64_t> orders_of(std::uint64_t user) const override {
    return buyers_.orders_of(user);
  }

 private:
  [[nodiscard]] std::uint64_t chance(std::uint64_t index) const;
  [[nodiscard]] Moment created(std::uint64_t index) const;
  [[nodiscard]] Moment registered(std::uint64_t user) const;

  OrderBookOptions options_;
  Buyers buyers_;
};

}  // namespace tidemark::load::xiaoe
