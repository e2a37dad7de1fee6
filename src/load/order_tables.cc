#include "load/order_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "load/benefit_period.h"
#include "load/key_conditions.h"
#include "load/money.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "sql/rows.h"

namespace tidemark::load {
namespace {

sql::Value number(const std::optional<std::int64_t>& value) {
  return value ? sql::Value(*value) : sql::Value();
}
sql::Value text(const std::string& value) { return value.empty() ? sql::Value() : value; }
sql::Value yuan(const std::optional<std::int64_t>& fen) {
  return fen ? sql::Value(yuan_text(*fen)) : sql::Value();
}
sql::Value time(const std::optional<CivilTime>& value) {
  return value ? sql::Value(value->text()) : sql::Value();
}

std::string zone_text(std::chrono::minutes offset) {
  const std::int64_t minutes = offset.count() < 0 ? -offset.count() : offset.count();
  return fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::int64_t net_amount(const Order& order) {
  if (!order.pay_time) return 0;
  return order.price.value_or(0) - order.refund_money.value_or(0);
}

sql::Value days_to_refund(const Order& order) {
  if (!order.refund_time) return {};
  return std::chrono::floor<std::chrono::days>(*order.refund_time - order.created_at).count();
}

bool refunded_in_time(const Order& order) {
  return order.refund_time && *order.refund_time <= order.created_at + benefit_period;
}

std::size_t place_of(const TableSpec& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &Column::name);
  check(found != table.columns.end(), "a column of the table is asked for");
  return static_cast<std::size_t>(found - table.columns.begin());
}

std::vector<std::optional<std::string>> shown(const sql::Values& row) {
  std::vector<std::optional<std::string>> texts;
  for (const sql::Value& value : row) texts.push_back(shown_text(value));
  return texts;
}

/// What order_history keeps: whether any of it is different.
bool state_differs(const std::vector<std::optional<std::string>>& before,
                   const std::vector<std::optional<std::string>>& now) {
  for (const std::string_view name :
       {"order_state", "ship_state", "sales_state", "after_sales_state", "refund_money", "pay_time",
        "refund_time"}) {
    const std::size_t place = place_of(orders_table(), name);
    if (before[place] != now[place]) return true;
  }
  return false;
}

}  // namespace

OrderTables::OrderTables(sql::Connection& connection, std::string platform,
                         std::chrono::minutes utc_offset)
    : connection_(connection),
      platform_(std::move(platform)),
      utc_offset_(utc_offset),
      zone_(zone_text(utc_offset)) {}

CivilTime OrderTables::local(WallTime time) const {
  return CivilTime(
      std::chrono::local_time<std::chrono::microseconds>(time.time_since_epoch() + utc_offset_));
}

sql::Values OrderTables::order_row(const SeenOrder& seen) const {
  const Order& order = seen.order;
  return {platform_,
          order.order_id,
          text(order.user_id),
          text(order.title),
          text(order.resource_id),
          number(order.resource_type),
          text(order.resource_type_text),
          number(order.quantity),
          yuan(order.price),
          number(order.price),
          yuan(order.coupon_price),
          number(order.coupon_price),
          text(order.coupon_id),
          text(order.coupon_name),
          yuan(order.refund_money),
          number(order.refund_money),
          yuan_text(net_amount(order)),
          net_amount(order),
          number(order.order_state),
          text(order.order_state_text),
          number(order.ship_state),
          text(order.ship_state_text),
          number(order.sales_state),
          number(order.after_sales_state),
          number(order.team_buy_state),
          number(order.pay_way),
          number(order.collection_way),
          number(order.client_type),
          text(order.order_type),
          text(order.goods_no),
          text(order.out_order_id),
          text(order.transaction_id),
          order.created_at.text(),
          time(order.pay_time),
          time(order.refund_time),
          time(order.settle_time),
          zone_,
          days_to_refund(order),
          std::int64_t{refunded_in_time(order) ? 1 : 0},
          local(seen.observed_at).text(6)};
}

std::vector<sql::Values> OrderTables::item_rows(const Order& order) const {
  std::vector<sql::Values> rows;
  std::int64_t line = 0;
  for (const OrderItem& item : order.items)
    rows.push_back({platform_, order.order_id, ++line, item.product_id, text(item.title),
                    number(item.resource_type), number(item.quantity)});
  return rows;
}

sql::Values OrderTables::history_row(const SeenOrder& seen, const Row* before) const {
  const Order& order = seen.order;
  sql::Value previous;
  if (before != nullptr)
    if (const auto& state = (*before)[place_of(orders_table(), "order_state")]) previous = *state;
  return {platform_,
          order.order_id,
          local(seen.observed_at).text(6),
          previous,
          number(order.order_state),
          text(order.order_state_text),
          number(order.ship_state),
          number(order.sales_state),
          number(order.after_sales_state),
          yuan(order.refund_money),
          number(order.refund_money),
          time(order.pay_time),
          time(order.refund_time)};
}

Result<OrderTables::Rows> OrderTables::existing(std::span<const std::string> ids,
                                                const TableSpec& table) {
  Rows found;
  const Result<KeyConditions> wanted = key_conditions(
      connection_, table.name, {.sql = "platform=?", .params = {platform_}}, "order_id", ids);
  if (!wanted) return fail(wanted.error());
  for (const Condition& condition : wanted->conditions) {
    const std::string sql = fmt::format("SELECT {} FROM {} WHERE {} ORDER BY order_id, {}",
                                        fmt::join(table.column_names(), ","), table.name,
                                        condition.sql, table.columns[table.key_columns - 1].name);
    Result<void> read =
        sql::each_row(connection_.query(sql, condition.params), [&](const sql::Cursor& row) {
          Row& texts = found[std::string(row.at(1).value_or(""))];
          texts.reserve(texts.size() + row.columns());
          for (std::size_t i = 0; i < row.columns(); ++i) {
            const std::optional<std::string_view> value = row.at(i);
            texts.push_back(value ? std::optional<std::string>(*value) : std::nullopt);
          }
        });
    if (!read) return fail(std::move(read).error());
  }
  return found;
}

Result<OrderChanges> OrderTables::apply(std::span<const SeenOrder> orders, OrderWriting writing) {
  std::vector<std::string> ids;
  for (const SeenOrder& seen : orders) ids.push_back(seen.order.order_id);
  const Result<Rows> known = existing(ids, orders_table());
  if (!known) return fail(known.error());
  const Result<Rows> known_items =
      known->empty() ? Result<Rows>(Rows{}) : existing(ids, order_items_table());
  if (!known_items) return fail(known_items.error());

  OrderChanges changes;
  std::vector<sql::Values> fresh, fresh_items, replaced, replaced_items, history;
  std::vector<std::pair<std::string, std::int64_t>> shortened;
  for (const SeenOrder& seen : orders) {
    const std::string& id = seen.order.order_id;
    sql::Values row = order_row(seen);
    std::vector<sql::Values> items = item_rows(seen.order);
    const auto before = known->find(id);
    if (before == known->end()) {
      ++changes.inserted;
      history.push_back(history_row(seen, nullptr));
      fresh.push_back(std::move(row));
      std::ranges::move(items, std::back_inserter(fresh_items));
      continue;
    }
    Row now = shown(row);
    Row now_items;
    for (const sql::Values& item : items)
      std::ranges::move(shown(item), std::back_inserter(now_items));
    const auto before_items = known_items->find(id);
    const bool same_items =
        before_items == known_items->end() ? now_items.empty() : before_items->second == now_items;
    // The last column, updated_at, says when the others changed.
    if (same_items && std::equal(now.begin(), now.end() - 1, before->second.begin())) {
      ++changes.unchanged;
      continue;
    }
    const bool state_changed = state_differs(before->second, now);
    if (state_changed) history.push_back(history_row(seen, &before->second));
    changes.changed.push_back({.order_id = id,
                               .created_at = seen.order.created_at,
                               .seen_at = local(seen.observed_at),
                               .state_changed = state_changed});
    replaced.push_back(std::move(row));
    if (same_items) continue;
    shortened.emplace_back(id, static_cast<std::int64_t>(items.size()));
    std::ranges::move(items, std::back_inserter(replaced_items));
  }
  if (writing == OrderWriting::nothing) return changes;

  if (auto done = insert_rows(connection_, orders_table(), std::move(fresh)); !done)
    return fail(done.error());
  if (auto done = upsert_rows(connection_, orders_table(), replaced); !done)
    return fail(done.error());
  for (const auto& [id, lines] : shortened) {
    const auto removed =
        connection_.execute("DELETE FROM order_items WHERE platform=? AND order_id=? AND line_no>?",
                            sql::Values{platform_, id, lines});
    if (!removed) return fail(removed.error());
  }
  if (auto done = insert_rows(connection_, order_items_table(), std::move(fresh_items)); !done)
    return fail(done.error());
  if (auto done = upsert_rows(connection_, order_items_table(), replaced_items); !done)
    return fail(done.error());
  if (writing == OrderWriting::rows) return changes;
  if (auto done = insert_rows(connection_, order_history_table(), std::move(history)); !done)
    return fail(done.error());
  return changes;
}

Result<std::uint64_t> OrderTables::rewrite_history(std::span<const std::vector<SeenOrder>> orders,
                                                   bool write) {
  std::vector<std::string> ids;
  for (const std::vector<SeenOrder>& states : orders) ids.push_back(states.front().order.order_id);
  Result<Rows> known = existing(ids, order_history_table());
  if (!known) return fail(std::move(known).error());
  const std::size_t stamp = place_of(order_history_table(), "seen_at");
  for (auto& [id, row] : *known)
    for (std::size_t i = stamp; i < row.size(); i += order_history_table().columns.size())
      if (const auto time = CivilTime::parse(row[i].value_or(""))) row[i] = time->text(6);

  std::uint64_t rewritten = 0;
  std::vector<sql::Values> rows;
  for (const std::vector<SeenOrder>& states : orders) {
    std::vector<sql::Values> right;
    std::optional<Row> before;
    for (const SeenOrder& seen : states) {
      Row now = shown(order_row(seen));
      if (!before || state_differs(*before, now))
        right.push_back(history_row(seen, before ? &*before : nullptr));
      before = std::move(now);
    }
    Row right_texts;
    for (const sql::Values& row : right)
      std::ranges::move(shown(row), std::back_inserter(right_texts));
    const std::string& id = states.front().order.order_id;
    const auto there = known->find(id);
    if (there != known->end() && there->second == right_texts) continue;
    ++rewritten;
    if (!write) continue;
    const auto removed = connection_.execute(
        "DELETE FROM order_history WHERE platform=? AND order_id=?", sql::Values{platform_, id});
    if (!removed) return fail(removed.error());
    std::ranges::move(right, std::back_inserter(rows));
  }
  if (auto done = insert_rows(connection_, order_history_table(), std::move(rows)); !done)
    return fail(done.error());
  return rewritten;
}

}  // namespace tidemark::load
