#include "load/xiaoe/sandbox/order_book.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/random.h"

namespace tidemark::load::xiaoe {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t day_seconds = 86'400;

/// How many of a thousand orders of a day are placed before each full hour.
constexpr std::array<std::int64_t, 25> placed_by_hour = {
    0,   8,   13,  16,  18,  20,  25,  40,  70,  115, 170, 230, 290,
    340, 385, 430, 475, 520, 565, 620, 690, 780, 870, 950, 1000};

/// The second of the day at which `share` of the day's orders are placed, 0 to 1000 * 2^20.
/// Monotone, so that orders stay in their order.
std::int64_t second_of_day(std::int64_t share) {
  constexpr std::int64_t unit = std::int64_t{1} << 20;
  const auto above = std::ranges::upper_bound(placed_by_hour, share / unit);
  const auto hour = std::min<std::int64_t>(above - placed_by_hour.begin() - 1, 23);
  const std::int64_t start = placed_by_hour[static_cast<std::size_t>(hour)] * unit;
  const std::int64_t end = placed_by_hour[static_cast<std::size_t>(hour) + 1] * unit;
  return hour * 3600 + (share - start) * 3600 / (end - start);
}

Moment after(Moment moment, Random& random, seconds least, seconds most) {
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return moment + least + seconds(random.below(span));
}

constexpr std::array<int, 8> resource_types = {50, 4, 3, 25, 6, 21, 21, 2};

std::int64_t pick_price(Random& random) {
  constexpr std::array<std::int64_t, 8> usual = {990,   1990,  4900,  9900,
                                                 19900, 29900, 69800, 129900};
  // One in four is no round price: what is left of a discount.
  if (random.below(4) == 0) return static_cast<std::int64_t>(random.below(200'000)) + 1;
  return usual[random.below(usual.size())];
}

/// Most refunds are asked for within a fortnight, one in four later, up to 60 days.
Moment refund_asked(Moment paid, Random& random) {
  if (random.below(4) == 0) return after(paid, random, days(14), days(58));
  return after(paid, random, hours(1), days(14));
}

void decide_refund(OrderFate& fate, Random& random) {
  const std::uint64_t lot = random.below(100);
  if (lot >= 12) return;
  fate.refund_asked = refund_asked(*fate.paid, random);
  fate.refunded = after(*fate.refund_asked, random, minutes(10), hours(36));
  fate.refund = fate.price;
  if (lot < 4 && fate.price > 1)  // In part.
    fate.refund =
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(fate.price) - 1)) + 1;
}

void decide_shipping(OrderFate& fate, Random& random) {
  const Moment shipped = after(*fate.paid, random, hours(2), days(3));
  if (fate.refund_asked && *fate.refund_asked <= shipped) return;
  fate.shipped = shipped;
  fate.received = after(shipped, random, days(1), days(7));
}

}  // namespace

std::uint64_t OrderBook::chance(std::uint64_t index) const {
  return SeededRandom(options_.seed * 0x9e3779b97f4a7c15 ^ index).next();
}

Moment OrderBook::created(std::uint64_t index) const {
  const std::int64_t span = (options_.until - options_.from).count();
  // Each order has a slot of its own in the span; where in the slot, chance decides.
  const auto within =
      static_cast<unsigned __int128>(chance(index)) * static_cast<unsigned __int128>(span);
  const auto slot =
      static_cast<unsigned __int128>(index) * static_cast<unsigned __int128>(span) + (within >> 64);
  constexpr std::int64_t unit = std::int64_t{1} << 20;
  // The position in days, as a whole number and a share of a day.
  const auto even = static_cast<std::int64_t>(slot / options_.orders);
  const auto rest = static_cast<std::int64_t>((slot % options_.orders) * 1024 / options_.orders);
  const std::int64_t day = even / day_seconds;
  const std::int64_t share =
      ((even % day_seconds) * 1024 + rest) * 1000 * (unit / 1024) / day_seconds;
  const std::int64_t second = day * day_seconds + second_of_day(share);
  return options_.from + seconds(std::min(second, span - 1));
}

std::uint64_t OrderBook::placed_before(Moment moment) const {
  std::uint64_t low = 0;
  std::uint64_t high = options_.orders;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (created(middle) < moment)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

OrderFate OrderBook::fate(std::uint64_t index) const {
  check(index < options_.orders, "an order of the book is asked for");
  SeededRandom random(chance(index));
  OrderFate fate{.index = index, .chance = random.next(), .created = created(index)};
  fate.resource_type = resource_types[random.below(resource_types.size())];
  fate.price = pick_price(random);
  if (random.below(5) == 0) fate.coupon = static_cast<std::int64_t>(random.below(50) + 1) * 100;
  fate.quantity = random.below(10) == 0 ? static_cast<int>(random.below(4)) + 2 : 1;
  const std::uint64_t lot = random.below(100);
  if (lot < 4) {
    fate.closed = fate.created + minutes(30);
  } else if (lot < 7) {
    fate.closed = after(fate.created, random, seconds(20), minutes(29));
    fate.closed_by_hand = true;
  } else {
    fate.paid = after(fate.created, random, seconds(3), minutes(20));
    decide_refund(fate, random);
    if (fate.resource_type == 21) decide_shipping(fate, random);
  }
  return fate;
}

OrderView view_at(const OrderFate& fate, Moment now) {
  OrderView view;
  const bool goods = fate.resource_type == 21;
  const auto happened = [now](const std::optional<Moment>& at) { return at && *at <= now; };
  if (happened(fate.closed)) view.order_state = fate.closed_by_hand ? 7 : 6;
  if (!happened(fate.paid)) return view;
  view.order_state = 1;
  view.paid = fate.paid;
  view.ship_state = !goods ? 0 : happened(fate.received) ? 3 : happened(fate.shipped) ? 2 : 1;
  if (happened(fate.refunded)) {
    const bool whole = fate.refund == fate.price;
    view.order_state = whole ? 10 : 11;
    view.sales_state = whole ? 2 : 1;
    view.after_sales_state = 2;
    view.refund = fate.refund;
    view.refunded = fate.refunded;
  } else if (happened(fate.refund_asked)) {
    if (fate.refund == fate.price) view.order_state = 8;
    view.after_sales_state = 1;
  } else if (happened(*fate.paid + days(30))) {
    view.settled = *fate.paid + days(30);
  }
  return view;
}

}  // namespace tidemark::load::xiaoe
