#include "load/xiaoe/sandbox/truth.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "load/xiaoe/sandbox/goods_list.h"
#include "load/xiaoe/sandbox/live_list.h"
#include "load/xiaoe/sandbox/user_list.h"

namespace tidemark::load::xiaoe {
namespace {

/// Sums per day under a few names.
template <std::size_t count>
class DaySums {
 public:
  DaySums(std::array<std::string_view, count> names, Moment begin, Moment end)
      : names_(names), begin_(begin), end_(end) {}

  /// Days outside of the range do not count.
  void add(Moment moment, std::array<std::int64_t, count> values) {
    if (moment < begin_ || moment > end_) return;
    auto& sums = days_[std::chrono::floor<std::chrono::days>(moment)];
    for (std::size_t i = 0; i < count; ++i) sums[i] += values[i];
  }
  [[nodiscard]] std::string json() const {
    std::string out = "{";
    for (const auto& [day, sums] : days_) {
      if (out.size() > 1) out += ',';
      out += '"' + moment_text(Moment(day)).substr(0, 10) + "\":{";
      for (std::size_t i = 0; i < count; ++i)
        out += fmt::format("{}\"{}\":{}", i == 0 ? "" : ",", names_[i], sums[i]);
      out += '}';
    }
    return out + "}";
  }

 private:
  const std::array<std::string_view, count> names_;
  const Moment begin_, end_;
  std::map<std::chrono::local_days, std::array<std::int64_t, count>> days_;
};

template <class Visit>
void each_order(const OrderBook& book, Moment begin, Moment end, const Visit& visit) {
  const std::uint64_t last = book.placed_before(end + std::chrono::seconds(1));
  for (std::uint64_t i = book.placed_before(begin); i < last; ++i) visit(book.fate(i));
}

}  // namespace

std::string truth_of_orders(const OrderBook& book, Moment begin, Moment end, Moment now) {
  DaySums<5> sums({"orders", "price", "coupon", "refund", "refunded"}, begin, end);
  each_order(book, begin, std::min(end, now), [&](const OrderFate& fate) {
    const std::int64_t refund = fate.refund_at(now);
    sums.add(fate.created, {1, fate.price, fate.coupon, refund, refund > 0 ? 1 : 0});
  });
  return sums.json();
}

std::string truth_of_after_sales(const OrderBook& book, Moment begin, Moment end, Moment now) {
  DaySums<4> sums({"cases", "asked", "refunds", "refund"}, begin, end);
  each_order(book, begin - book.life(), std::min(end, now), [&](const OrderFate& order) {
    for (const AfterSaleFate& fate : order.after_sales) {
      if (fate.asked <= now) sums.add(fate.asked, {1, fate.amount, 0, 0});
      if (fate.refund_at(now) > 0) sums.add(fate.ended, {0, 0, 1, fate.amount});
    }
  });
  return sums.json();
}

std::string truth_of_users(const OrderBook& book, Moment begin, Moment end, Moment now) {
  DaySums<2> sums({"users", "pay_sum"}, begin, end);
  const std::uint64_t last = book.registered_before(std::min(end, now) + std::chrono::seconds(1));
  for (std::uint64_t user = book.registered_before(begin); user < last; ++user)
    sums.add(book.user(user).registered, {1, paid_by(book, user, now)});
  return sums.json();
}

std::string truth_of_goods(const OrderBook& book, Moment begin, Moment end, Moment now) {
  DaySums<3> sums({"goods", "on_sale", "price"}, begin, end);
  for (const Article& article : book.catalogue().articles())
    if (article.created <= now)
      sums.add(article.created, {1, sale_status_of(article, now), article.price_at(now)});
  return sums.json();
}

std::string truth_of_lives(const OrderBook& book, Moment begin, Moment end, Moment now) {
  DaySums<4> sums({"lives", "views", "purchases", "reward"}, begin, end);
  for (const Live& live : book.catalogue().lives()) {
    // A session that is out of the range is not worth the look at its orders.
    if (live.start < begin || live.start > end) continue;
    if (book.catalogue().articles()[live.article].created > now) continue;
    sums.add(live.start,
             {1, static_cast<std::int64_t>(live.views_at(now)),
              static_cast<std::int64_t>(purchases_of(book, live, now)), live.reward_at(now)});
  }
  return sums.json();
}

std::string truth_of(std::string_view stream, const OrderBook& book, Moment begin, Moment end,
                     Moment now) {
  if (stream == "orders") return truth_of_orders(book, begin, end, now);
  if (stream == "aftersales") return truth_of_after_sales(book, begin, end, now);
  if (stream == "users") return truth_of_users(book, begin, end, now);
  if (stream == "goods") return truth_of_goods(book, begin, end, now);
  if (stream == "live") return truth_of_lives(book, begin, end, now);
  return {};
}

}  // namespace tidemark::load::xiaoe
