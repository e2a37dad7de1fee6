#include "bench/load_rows.h"

#include <algorithm>

#include "load/record_writer.h"
#include "load/xiaoe/sandbox/order_row.h"

namespace tidemark::bench {
namespace {

using load::xiaoe::Moment;
using load::xiaoe::OrderFate;

constexpr std::uint64_t seed = 7;
constexpr std::uint64_t changed_every = 100;
constexpr Moment from = std::chrono::local_days{std::chrono::January / 1 / 2025};
constexpr Moment until = std::chrono::local_days{std::chrono::July / 1 / 2025};
constexpr std::chrono::hours china{8};

/// Each page of a reading is asked for a moment after the one before.
WallTime observed(Reading reading, std::uint64_t index) {
  constexpr std::uint64_t page_rows = 200;
  const auto day = std::chrono::days(reading == Reading::first  ? 0
                                     : reading == Reading::same ? 1
                                                                : 2);
  return WallTime(until.time_since_epoch() - china + day +
                  std::chrono::milliseconds(index / page_rows));
}

/// The buyer has all of the money back since a second.
void refund(OrderFate& fate) {
  fate.closed.reset();
  if (!fate.paid) fate.paid = fate.created;
  fate.after_sales = {{.asked = until - std::chrono::seconds(2),
                       .ended = until - std::chrono::seconds(1),
                       .amount = fate.price}};
}

}  // namespace

LoadRows::LoadRows(std::uint64_t orders)
    : book_({.orders = orders, .seed = seed, .from = from, .until = until}) {}

std::vector<load::Observed> LoadRows::rows(std::uint64_t first, std::uint64_t count,
                                           Reading reading) const {
  std::vector<load::Observed> rows;
  const std::uint64_t end = std::min(book_.size(), first + count);
  for (std::uint64_t index = first; index < end; ++index) {
    OrderFate fate = book_.fate(index);
    if (reading == Reading::changed && index % changed_every == 0) refund(fate);
    std::string payload;
    load::xiaoe::append_order_row(payload, book_, fate, until);
    rows.push_back(
        load::observed_row(book_.order_id(fate), std::move(payload), observed(reading, index)));
  }
  return rows;
}

}  // namespace tidemark::bench
