#include "load/order_tables.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "base/bytes.h"
#include "base/check.h"
#include "base/parse_integer.h"
#include "load/benefit/order_states.h"
#include "load/benefit_period.h"
#include "load/row_sql.h"
#include "load/schema.h"

namespace tidemark::load {

namespace {

constexpr std::int64_t no_state = -1;

std::int64_t net_amount(const Order& order) {
  const std::int64_t refunded = order.refund_money.value_or(0);
  if (!was_paid(order.order_state.value_or(no_state), refunded, order.pay_time.has_value()))
    return 0;
  return order.price.value_or(0) - refunded;
}

std::size_t place_of(const TableSpec& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &Column::name);
  check(found != table.columns.end(), "a column of the table is asked for");
  return static_cast<std::size_t>(found - table.columns.begin());
}

/// What order_history keeps: whether any of it is different.
bool state_differs(const ShownRow& before, const sql::Values& now) {
  for (const std::string_view name :
       {"order_state", "ship_state", "sales_state", "after_sales_state", "refund_money", "pay_time",
        "refund_time"}) {
    const std::size_t place = place_of(orders_table(), name);
    if (!shown_as(std::span(now).subspan(place, 1), std::span(before).subspan(place, 1)))
      return true;
  }
  return false;
}

/// What a row of the table says of the order's first refund.
FirstRefund first_refund_of(const ShownRow& row) {
  const std::optional<std::string>& days = row[place_of(orders_table(), "days_to_refund")];
  return {.days = days ? parse_integer(*days) : std::nullopt,
          .in_time = row[place_of(orders_table(), "refunded_within_14_days")] == "1"};
}

/// The row that `write` makes.
template <class Write>
sql::Values made_row(const TableSpec& table, Write write) {
  sql::Values row;
  row.reserve(table.columns.size());
  {
    CellWriter cells(row);
    write(cells);
  }
  return row;
}

}  // namespace

FirstRefund FirstRefund::then(const Order& order) const {
  const std::int64_t state = order.order_state.value_or(no_state);
  if (!order.refund_time || !refund_is_made(state, order.refund_money.value_or(0), true)) return {};
  const std::int64_t now =
      std::chrono::floor<std::chrono::days>(*order.refund_time - order.created_at).count();
  return {.days = std::min(now, days.value_or(now)),
          .in_time = in_time || *order.refund_time <= order.created_at + benefit_period};
}

std::unique_ptr<StreamBatch> OrderTables::batch() const {
  return std::make_unique<OrderBatch>(*transform_, platform_, utc_offset_);
}

std::span<const std::string_view> OrderTables::amounts() const {
  static constexpr std::array<std::string_view, 4> columns = {"price", "coupon_price",
                                                              "refund_money", "net_amount"};
  return columns;
}

Result<ShownAmounts> OrderTables::amounts_of(std::string_view payload) const {
  std::vector<UnknownCode> unknown;
  const Result<Order> order = transform_->transform(payload, unknown);
  if (!order) return fail(order.error());
  return ShownAmounts{
      .created_at = order->created_at,
      .fen = {order->price, order->coupon_price, order->refund_money, net_amount(*order)}};
}

/// What has to be written. Of new orders the rows are made when they are: they are many.
struct OrderBatch::Changes {
  TableChanges summary;
  std::vector<const SeenOrder*> fresh;
  std::vector<std::pair<const Order*, std::size_t>> fresh_items;  ///< With the place of the line.
  std::vector<sql::Values> replaced, replaced_items, history;
  std::vector<std::pair<std::string, std::int64_t>> shortened;  ///< Ids, with their lines now.
};

OrderBatch::OrderBatch(const OrderTransform& transform, std::string platform,
                       std::chrono::minutes utc_offset)
    : transform_(transform),
      platform_(std::move(platform)),
      utc_offset_(utc_offset),
      zone_(zone_text(utc_offset)) {}

Result<void> OrderBatch::take(std::span<const Observed> states, std::vector<UnknownCode>& unknown) {
  std::vector<SeenOrder> taken;
  Result<void> present;
  FirstRefund first_refund;
  for (const Observed& state : states) {
    Result<Order> order = transform_.transform(state.payload, unknown);
    // Otherwise two records of one batch could be the same row.
    if (order && order->order_id != state.id)
      order = fail(ErrorKind::rejected, {"the row was read as {}", "该行读取时的编号为 {}"},
                   printable(state.id));
    if (order) {
      first_refund = first_refund.then(*order);
      taken.push_back({.order = std::move(*order),
                       .observed_at = state.observed_at,
                       .first_refund = first_refund});
    } else if (&state == &states.back()) {
      present = fail(std::move(order).error());
    }
  }
  if (!taken.empty()) orders_.push_back(std::move(taken));
  return present;
}

void OrderBatch::write_order(CellWriter& cells, const Order& order, const FirstRefund& first_refund,
                             WallTime observed_at) const {
  cells.exactly(platform_)
      .exactly(order.order_id)
      .text(order.user_id)
      .text(order.title)
      .text(order.resource_id)
      .number(order.resource_type)
      .text(order.resource_type_text)
      .number(order.quantity)
      .yuan(order.price)
      .number(order.price)
      .yuan(order.coupon_price)
      .number(order.coupon_price)
      .text(order.coupon_id)
      .text(order.coupon_name)
      .yuan(order.refund_money)
      .number(order.refund_money)
      .yuan(net_amount(order))
      .number(net_amount(order))
      .number(order.order_state)
      .text(order.order_state_text)
      .number(order.ship_state)
      .text(order.ship_state_text)
      .number(order.sales_state)
      .number(order.after_sales_state)
      .number(order.team_buy_state)
      .number(order.pay_way)
      .number(order.collection_way)
      .number(order.client_type)
      .text(order.order_type)
      .text(order.goods_no)
      .text(order.out_order_id)
      .text(order.transaction_id)
      .time(order.created_at)
      .time(order.pay_time)
      .time(order.refund_time)
      .time(order.settle_time)
      .exactly(zone_)
      .number(first_refund.days)
      .number(first_refund.in_time ? 1 : 0)
      .exactly(local_time(observed_at, utc_offset_).text(6));
}

void OrderBatch::write_item(CellWriter& cells, const Order& order, std::size_t line) const {
  const OrderItem& item = order.items[line];
  cells.exactly(platform_)
      .exactly(order.order_id)
      .number(static_cast<std::int64_t>(line) + 1)
      .exactly(item.product_id)
      .text(item.title)
      .number(item.resource_type)
      .number(item.quantity)
      .yuan(item.price)
      .number(item.price)
      .number(item.share)
      .number(item.refund_share);
}

void OrderBatch::write_state(CellWriter& cells, const Order& order, WallTime observed_at,
                             const ShownRow* before) const {
  cells.exactly(platform_)
      .exactly(order.order_id)
      .exactly(local_time(observed_at, utc_offset_).text(6));
  const std::optional<std::string> previous =
      before == nullptr ? std::nullopt : (*before)[place_of(orders_table(), "order_state")];
  if (previous)
    cells.exactly(*previous);
  else
    cells.null();
  cells.number(order.order_state)
      .text(order.order_state_text)
      .number(order.ship_state)
      .number(order.sales_state)
      .number(order.after_sales_state)
      .yuan(order.refund_money)
      .number(order.refund_money)
      .time(order.pay_time)
      .time(order.refund_time);
}

Result<OrderBatch::Changes> OrderBatch::compare(sql::Connection& connection,
                                                const Applying& applying) const {
  std::vector<std::string> ids;
  for (const std::vector<SeenOrder>& states : orders_) ids.push_back(states.back().order.order_id);
  const auto known = known_rows(connection, orders_table(), platform_, ids, applying.write);
  if (!known) return fail(known.error());
  std::map<std::string, ShownRow> known_items;
  if (!known->empty()) {
    auto items = known_rows(connection, order_items_table(), platform_, ids, applying.write);
    if (!items) return fail(std::move(items).error());
    known_items = std::move(*items);
  }

  Changes changes;
  sql::Values now;  // The rows of all orders are made in it, one after the other.
  for (const std::vector<SeenOrder>& states : orders_) {
    const Order& order = states.back().order;
    const std::string& id = order.order_id;
    const auto before = known->find(id);
    const WallTime observed_at = applying.derived_at.value_or(states.back().observed_at);
    if (before == known->end()) {
      ++changes.summary.inserted;
      if (applying.expects(order.created_at))
        changes.summary.late.push_back({.id = id,
                                        .created_at = order.created_at,
                                        .seen_at = local_time(observed_at, utc_offset_),
                                        .watched = true});
      changes.fresh.push_back(&states.back());
      for (std::size_t line = 0; line < order.items.size(); ++line)
        changes.fresh_items.emplace_back(&order, line);
      continue;
    }
    // Derived again, all states are there; what the table says of those before may be wrong.
    const FirstRefund first_refund = applying.derived_at
                                         ? states.back().first_refund
                                         : first_refund_of(before->second).then(order);
    {
      CellWriter cells(now);
      write_order(cells, order, first_refund, observed_at);
    }
    std::vector<sql::Values> items;
    ShownRow now_items;
    for (std::size_t line = 0; line < order.items.size(); ++line) {
      items.push_back(made_row(order_items_table(),
                               [&](CellWriter& cells) { write_item(cells, order, line); }));
      std::ranges::move(shown(items.back()), std::back_inserter(now_items));
    }
    const auto before_items = known_items.find(id);
    const bool same_items =
        before_items == known_items.end() ? now_items.empty() : before_items->second == now_items;
    // The last column, updated_at, says when the others changed.
    const std::size_t columns = now.size() - 1;
    if (same_items &&
        shown_as(std::span(now).first(columns), std::span(before->second).first(columns))) {
      ++changes.summary.unchanged;
      continue;
    }
    const bool state_changed = state_differs(before->second, now);
    if (state_changed)
      changes.history.push_back(made_row(order_history_table(), [&](CellWriter& cells) {
        write_state(cells, order, observed_at, &before->second);
      }));
    changes.summary.changed.push_back({.id = id,
                                       .created_at = order.created_at,
                                       .seen_at = local_time(observed_at, utc_offset_),
                                       .watched = state_changed});
    changes.replaced.push_back(now);
    if (same_items) continue;
    changes.shortened.emplace_back(id, static_cast<std::int64_t>(items.size()));
    std::ranges::move(items, std::back_inserter(changes.replaced_items));
  }
  return changes;
}

Result<void> OrderBatch::write(sql::Connection& connection, const Changes& changes,
                               std::optional<WallTime> derived_at) const {
  const auto order = [&](std::size_t row, CellWriter& cells) {
    const SeenOrder& seen = *changes.fresh[row];
    write_order(cells, seen.order, seen.first_refund, derived_at.value_or(seen.observed_at));
  };
  if (auto done = insert_made_rows(connection, orders_table(), changes.fresh.size(), order); !done)
    return done;
  if (auto done = upsert_rows(connection, orders_table(), changes.replaced); !done) return done;
  for (const auto& [id, lines] : changes.shortened) {
    const auto removed =
        connection.execute("DELETE FROM order_items WHERE platform=? AND order_id=? AND line_no>?",
                           sql::Values{platform_, id, lines});
    if (!removed) return fail(removed.error());
  }
  const auto item = [&](std::size_t row, CellWriter& cells) {
    write_item(cells, *changes.fresh_items[row].first, changes.fresh_items[row].second);
  };
  if (auto done =
          insert_made_rows(connection, order_items_table(), changes.fresh_items.size(), item);
      !done)
    return done;
  return upsert_rows(connection, order_items_table(), changes.replaced_items);
}

Result<void> OrderBatch::write_history(sql::Connection& connection, Changes& changes) const {
  const auto first_state = [&](std::size_t row, CellWriter& cells) {
    const SeenOrder& seen = *changes.fresh[row];
    write_state(cells, seen.order, seen.observed_at, nullptr);
  };
  if (auto done =
          insert_made_rows(connection, order_history_table(), changes.fresh.size(), first_state);
      !done)
    return done;
  return insert_rows(connection, order_history_table(), std::move(changes.history));
}

Result<TableChanges> OrderBatch::apply(sql::Connection& connection, const Applying& applying) {
  Result<Changes> changes = compare(connection, applying);
  if (!changes) return fail(std::move(changes).error());
  if (applying.write)
    if (Result<void> done = write(connection, *changes, applying.derived_at); !done)
      return fail(done.error());
  if (applying.derived_at) {
    const Result<std::uint64_t> rewritten = rewrite_history(connection, applying.write);
    if (!rewritten) return fail(rewritten.error());
    changes->summary.histories = *rewritten;
  } else if (applying.write && applying.history) {
    if (auto done = write_history(connection, *changes); !done) return fail(done.error());
  }
  return std::move(changes->summary);
}

Result<std::uint64_t> OrderBatch::rewrite_history(sql::Connection& connection, bool write) const {
  std::vector<std::string> ids;
  for (const std::vector<SeenOrder>& states : orders_) ids.push_back(states.front().order.order_id);
  auto known = known_rows(connection, order_history_table(), platform_, ids, write);
  if (!known) return fail(std::move(known).error());
  const std::size_t stamp = place_of(order_history_table(), "seen_at");
  for (auto& [id, row] : *known)
    for (std::size_t i = stamp; i < row.size(); i += order_history_table().columns.size())
      if (const auto time = CivilTime::parse(row[i].value_or(""))) row[i] = time->text(6);

  std::uint64_t rewritten = 0;
  std::vector<sql::Values> rows;
  for (const std::vector<SeenOrder>& states : orders_) {
    std::vector<sql::Values> right;
    std::optional<ShownRow> before;
    for (const SeenOrder& seen : states) {
      const sql::Values now = made_row(orders_table(), [&](CellWriter& cells) {
        write_order(cells, seen.order, seen.first_refund, seen.observed_at);
      });
      if (!before || state_differs(*before, now))
        right.push_back(made_row(order_history_table(), [&](CellWriter& cells) {
          write_state(cells, seen.order, seen.observed_at, before ? &*before : nullptr);
        }));
      before = shown(now);
    }
    ShownRow right_texts;
    for (const sql::Values& row : right)
      std::ranges::move(shown(row), std::back_inserter(right_texts));
    const std::string& id = states.front().order.order_id;
    const auto there = known->find(id);
    if (there != known->end() && there->second == right_texts) continue;
    ++rewritten;
    if (!write) continue;
    const auto removed = connection.execute(
        "DELETE FROM order_history WHERE platform=? AND order_id=?", sql::Values{platform_, id});
    if (!removed) return fail(removed.error());
    std::ranges::move(right, std::back_inserter(rows));
  }
  if (auto done = insert_rows(connection, order_history_table(), std::move(rows)); !done)
    return fail(done.error());
  return rewritten;
}

}  // namespace tidemark::load
