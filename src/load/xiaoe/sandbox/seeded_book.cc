#include "load/xiaoe/sandbox/seeded_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

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

/// Most refunds are asked for within a fortnight, one in four later, up to 60 days.
Moment refund_asked(Moment paid, Random& random) {
  if (random.below(4) == 0) return after(paid, random, days(14), days(58));
  return after(paid, random, hours(1), days(14));
}

/// Up to `most`, but not all of it, and not nothing.
std::int64_t part_of(std::int64_t most, Random& random) {
  return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most) - 1)) + 1;
}

/// The cases of an order in the making.
class AfterSales {
 public:
  AfterSales(OrderFate& fate, Random& random)
      : fate_(fate), random_(random), ask_(refund_asked(*fate.paid, random)) {}

  /// 14 of a hundred orders have a case, 12 of them get money back.
  void decide(std::uint64_t lot) {
    if (lot >= 14) return;
    may_return_ = fate_.shipped && *fate_.shipped <= ask_;
    if (lot >= 12) {
      close(some_amount(), lot == 12 ? CaseEnd::refused : CaseEnd::withdrawn);
      return;
    }
    // Who is refused asks again.
    if (random_.below(10) == 0 && has_time()) close(some_amount(), CaseEnd::refused);
    const bool in_part = lot < 4 && fate_.price > 1;
    const std::int64_t refund = in_part ? part_of(fate_.price, random_) : fate_.price;
    const bool twice = in_part ? random_.below(3) == 0 : fate_.quantity > 1;
    const std::int64_t first =
        twice && refund > 1 && has_time() ? part_of(refund, random_) : refund;
    pay_out(first);
    if (first < refund) pay_out(refund - first);
  }

 private:
  /// So that everything ends within 60 days.
  [[nodiscard]] bool has_time() const { return ask_ < *fate_.paid + days(54); }

  [[nodiscard]] std::int64_t some_amount() {
    return random_.below(2) == 0 || fate_.price < 2 ? fate_.price : part_of(fate_.price, random_);
  }
  AfterSaleFate& add(std::int64_t amount, CaseEnd end) {
    return fate_.after_sales.emplace_back(
        AfterSaleFate{.number = static_cast<int>(fate_.after_sales.size()) + 1,
                      .asked = ask_,
                      .end = end,
                      .amount = amount});
  }
  void close(std::int64_t amount, CaseEnd end) {
    AfterSaleFate& after_sale = add(amount, end);
    after_sale.ended = after(ask_, random_, minutes(10), hours(24));
    ask_ = after(after_sale.ended, random_, hours(1), hours(20));
  }
  void pay_out(std::int64_t amount) {
    AfterSaleFate& after_sale = add(amount, CaseEnd::paid_out);
    const bool returns = may_return_ && random_.below(2) == 0;
    after_sale.ended = after(ask_, random_, returns ? minutes(240) : minutes(10), hours(36));
    const seconds third = (after_sale.ended - ask_) / 3;
    after_sale.agreed = ask_ + third;
    if (returns) after_sale.sent_back = ask_ + 2 * third;
    ask_ = after(after_sale.ended, random_, hours(1), hours(20));
  }

  OrderFate& fate_;
  Random& random_;
  Moment ask_;
  bool may_return_ = false;
};

void decide_life(OrderFate& fate, Random& random) {
  fate.paid = after(fate.created, random, seconds(3), minutes(20));
  const Moment shipped = after(*fate.paid, random, hours(2), days(3));
  if (fate.resource_type == physical_type) fate.shipped = shipped;
  AfterSales(fate, random).decide(random.below(100));
  // What is given back before it was sent is not sent.
  const auto given_back =
      std::ranges::find(fate.after_sales, CaseEnd::paid_out, &AfterSaleFate::end);
  if (given_back != fate.after_sales.end() && given_back->asked <= shipped) fate.shipped.reset();
  if (fate.shipped) fate.received = after(shipped, random, days(1), days(7));
}

void decide_price(OrderFate& fate, std::int64_t unit_price, Random& random) {
  fate.price = unit_price * fate.quantity;
  // One in four is no round price: a discount of up to a third.
  if (random.below(4) == 0)
    fate.price -=
        static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(fate.price) / 3));
  if (random.below(5) != 0) return;
  const auto coupon = static_cast<std::int64_t>(random.below(50) + 1) * 100;
  if (coupon >= fate.price) return;
  fate.coupon = coupon;
  fate.price -= coupon;
}

constexpr int base36 = 36;
constexpr days registered_earlier{365};

}  // namespace

SeededBook::SeededBook(OrderBookOptions options)
    : OrderBook(Catalogue::seeded(options.seed, options.from, options.until)),
      options_(options),
      buyers_(options.orders, options.seed) {}

std::uint64_t SeededBook::chance(std::uint64_t index) const {
  return SeededRandom(options_.seed * 0x9e3779b97f4a7c15 ^ index).next();
}

Moment SeededBook::created(std::uint64_t index) const {
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

std::uint64_t SeededBook::placed_before(Moment moment) const {
  return first_not(options_.orders, [&](std::uint64_t index) { return created(index) < moment; });
}

OrderFate SeededBook::fate(std::uint64_t index) const {
  check(index < options_.orders, "an order of the book is asked for");
  SeededRandom random(chance(index));
  OrderFate fate{.index = index, .chance = random.next(), .created = created(index)};
  fate.buyer = buyers_.buyer_of(index);
  fate.article = catalogue().pick(fate.created, random);
  const Article& sold = article(fate);
  fate.resource_type = sold.resource_type;
  if (fate.resource_type == physical_type && random.below(3) == 0)
    fate.quantity = static_cast<int>(random.below(4)) + 2;
  decide_price(fate, sold.price_at(fate.created), random);
  const std::uint64_t lot = random.below(100);
  if (lot < 4) {
    fate.closed = fate.created + minutes(30);
  } else if (lot < 7) {
    fate.closed = after(fate.created, random, seconds(20), minutes(29));
    fate.closed_by_hand = true;
  } else {
    decide_life(fate, random);
  }
  return fate;
}

std::string SeededBook::order_id(const OrderFate& fate) const {
  char digits[16];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), fate.index, base36);
  return fmt::format("o_{}_{}", fate.created.time_since_epoch().count(),
                     std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

std::optional<std::uint64_t> SeededBook::order_of(std::string_view id) const {
  const std::size_t bar = id.rfind('_');
  if (bar == std::string_view::npos) return std::nullopt;
  const std::string_view digits = id.substr(bar + 1);
  std::uint64_t index = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), index, base36);
  if (error != std::errc{} || end != digits.data() + digits.size() || index >= options_.orders)
    return std::nullopt;
  return index;
}

Moment SeededBook::registered(std::uint64_t user) const {
  const auto between = [](Moment from, Moment to, std::uint64_t place, std::uint64_t of) {
    const auto span = static_cast<unsigned __int128>((to - from).count());
    return from + seconds(static_cast<std::int64_t>(span * place / of));
  };
  const std::uint64_t at_first = buyers_.there_at_row(0);
  if (user < at_first)
    return between(options_.from - registered_earlier, options_.from, user, at_first);
  const std::uint64_t row = first_not(
      buyers_.rows(), [&](std::uint64_t one) { return buyers_.there_at_row(one + 1) <= user; });
  const auto begin = [&](std::uint64_t one) {
    const std::uint64_t first = one * buyers_.row_length();
    if (one == 0) return options_.from;
    return first < options_.orders ? created(first) : options_.until;
  };
  const std::uint64_t there = buyers_.there_at_row(row);
  return between(begin(row), begin(row + 1), user - there, buyers_.there_at_row(row + 1) - there);
}

std::string SeededBook::user_id(std::uint64_t number) const {
  return fmt::format("u_{:08x}_{:06}", number * 2'654'435'761U % 0xffffffffU, number);
}

User SeededBook::user(std::uint64_t number) const {
  SeededRandom random(chance(number) ^ 0x05e7);
  const std::uint64_t look = random.next();
  User user{.number = number,
            .id = user_id(number),
            .registered = registered(number),
            .nickname = fmt::format("第{}位学员", number + 1)};
  if (random.below(6) == 0) {
    user.renamed = after(user.registered, random, hours(1), days(120));
    user.later_nickname = fmt::format("第{}位😀同学", number + 1);
  }
  // No telephone has such a number.
  if (look % 3 != 0) user.phone = fmt::format("100{:08}", number % 100'000'000);
  return user;
}

std::uint64_t SeededBook::registered_before(Moment moment) const {
  return first_not(users(), [&](std::uint64_t user) { return registered(user) < moment; });
}

}  // namespace tidemark::load::xiaoe
