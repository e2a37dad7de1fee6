#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/xiaoe/sandbox/catalogue.h"
#include "load/xiaoe/sandbox/moment.h"
#include "load/xiaoe/sandbox/order_fate.h"

namespace tidemark::load::xiaoe {

/// Who buys, or may do so.
struct User {
  std::uint64_t number = 0;
  std::string id;
  Moment registered{};
  std::string nickname;
  std::optional<Moment> renamed{};
  std::string later_nickname{};
  std::string phone{};

  [[nodiscard]] const std::string& nickname_at(Moment now) const {
    return renamed && *renamed <= now ? later_nickname : nickname;
  }
};

/// A shop's orders, with what is sold in them and who buys: all that will ever happen. Order number
/// i is placed no later than order i + 1, user number i has registered no later than user i + 1.
/// Immutable; thread-safe.
class OrderBook {
 public:
  explicit OrderBook(Catalogue catalogue) : catalogue_(std::move(catalogue)) {}
  virtual ~OrderBook() = default;
  OrderBook(const OrderBook&) = delete;
  OrderBook& operator=(const OrderBook&) = delete;

  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// `index` is below size().
  [[nodiscard]] virtual OrderFate fate(std::uint64_t index) const = 0;
  /// How many orders are placed before `moment`: the index of the first that is not.
  [[nodiscard]] virtual std::uint64_t placed_before(Moment moment) const = 0;
  [[nodiscard]] virtual std::string order_id(const OrderFate& fate) const = 0;
  /// The order that the id names, if it is one of the book.
  [[nodiscard]] virtual std::optional<std::uint64_t> order_of(std::string_view id) const = 0;
  /// The longest time from an order to the last news of its after-sales.
  [[nodiscard]] virtual std::chrono::seconds life() const = 0;

  [[nodiscard]] virtual std::uint64_t users() const = 0;
  [[nodiscard]] virtual User user(std::uint64_t number) const = 0;
  [[nodiscard]] virtual std::string user_id(std::uint64_t number) const = 0;
  [[nodiscard]] virtual std::uint64_t registered_before(Moment moment) const = 0;
  [[nodiscard]] virtual std::vector<std::uint64_t> orders_of(std::uint64_t user) const = 0;

  [[nodiscard]] const Catalogue& catalogue() const { return catalogue_; }
  [[nodiscard]] const Article& article(const OrderFate& fate) const {
    return catalogue_.articles()[fate.article];
  }

 private:
  const Catalogue catalogue_;
};

/// The first index at which `before` no longer holds; it holds up to there.
template <class Before>
[[nodiscard]] std::uint64_t first_not(std::uint64_t size, const Before& before) {
  std::uint64_t low = 0;
  std::uint64_t high = size;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (before(middle))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace tidemark::load::xiaoe
