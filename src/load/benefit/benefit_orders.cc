#include "load/benefit/benefit_orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <unordered_map>

#include "base/bytes.h"
#include "load/benefit/order_states.h"
#include "load/row_sql.h"

namespace tidemark::load {
namespace {

/// The columns of one row, from the left. Remembers the first that is not what it must be.
class Columns {
 public:
  explicit Columns(const sql::Cursor& cursor) : cursor_(cursor) {}

  std::string text() { return std::string(next().value_or("")); }

  std::int64_t integer() {
    const std::optional<std::string_view> value = next();
    if (!value) return 0;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
    if (error != std::errc{} || end != value->data() + value->size()) refuse(*value);
    return number;
  }

  std::optional<CivilTime> time() {
    const std::optional<std::string_view> value = next();
    if (!value) return std::nullopt;
    const std::optional<CivilTime> time = CivilTime::parse(*value);
    if (!time) refuse(*value);
    return time;
  }

  /// `+08:00`
  std::chrono::minutes zone() {
    const std::string value = text();
    int hours = 0, minutes = 0;
    constexpr std::size_t length = std::string_view("+08:00").size();
    const auto two_digits = [&value](std::size_t at, int& number) {
      const auto [end, error] = std::from_chars(&value[at], &value[at] + 2, number);
      return error == std::errc{} && end == &value[at] + 2;
    };
    if (value.size() != length || (value[0] != '+' && value[0] != '-') || value[3] != ':' ||
        !two_digits(1, hours) || !two_digits(4, minutes))
      refuse(value);
    const std::chrono::minutes offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
    return value.starts_with('-') ? -offset : offset;
  }

  [[nodiscard]] const std::optional<std::string>& refused() const { return refused_; }

 private:
  std::optional<std::string_view> next() { return cursor_.at(column_++); }
  void refuse(std::string_view value) {
    if (!refused_) refused_ = printable(value);
  }

  const sql::Cursor& cursor_;
  std::size_t column_ = 0;
  std::optional<std::string> refused_;
};

bool says_something_of_a_refund(const RefundState& state) {
  return state.refund_money > 0 || state.refund_time || says_refunded(state.order_state);
}

Error unreadable(const std::string& order_id, const std::string& value) {
  return make_error(
      ErrorKind::corrupt,
      {"the warehouse holds '{}' in a row of order '{}'", "数仓中订单“{1}”的数据无效：“{0}”"},
      value, printable(order_id));
}

/// Asks, for those orders that say they were refunded, and hands each row to `add` with its order;
/// the first column of a row is the order's id, `{}` in `sql` takes the marks.
Result<void> add_rows(sql::Connection& connection, std::string_view sql,
                      const std::string& platform, std::vector<BenefitOrder>& orders,
                      const std::function<void(BenefitOrder&, Columns&)>& add) {
  std::vector<std::string> ids;
  std::unordered_map<std::string_view, BenefitOrder*> by_id;
  for (BenefitOrder& order : orders) {
    if (!says_something_of_a_refund(order.order.now)) continue;
    ids.push_back(order.order_id);
    by_id.emplace(order.order_id, &order);
  }
  for (std::span<const std::string> rest = ids; !rest.empty();) {
    const std::size_t count = std::min(rest.size(), keys_per_statement_max);
    sql::Values params = padded_keys(rest.first(count));
    const std::string filled = fmt::format(fmt::runtime(sql), marks(params.size()));
    params.insert(params.begin(), platform);
    Result<std::unique_ptr<sql::Cursor>> cursor = connection.query(filled, params);
    if (!cursor) return fail(std::move(cursor));
    while (true) {
      const Result<bool> row = (*cursor)->next();
      if (!row) return fail(row.error());
      if (!*row) break;
      Columns columns(**cursor);
      const std::string id = columns.text();
      if (const auto order = by_id.find(id); order != by_id.end()) add(*order->second, columns);
      if (columns.refused()) return fail(unreadable(id, *columns.refused()));
    }
    rest = rest.subspan(count);
  }
  return {};
}

}  // namespace

Result<std::vector<BenefitOrder>> BenefitOrders::orders(sql::Connection& connection,
                                                        const std::string& after,
                                                        std::int64_t limit) const {
  const bool accepted = tables_.decisions && tables_.accepted;
  std::string sql =
      "SELECT o.order_id, o.user_id, o.order_state_text, o.time_zone, o.created_at, o.pay_time, "
      "o.price_fen, o.order_state, o.refund_money_fen, o.refund_time, o.updated_at, s.observed_at, "
      "s.rejected";
  if (tables_.decisions)
    sql +=
        ", b.decision, b.previous_decision, b.decided_at, b.rule_version, b.facts, b.reason, "
        "b.reason_zh";
  if (accepted) sql += ", a.order_id";
  sql +=
      " FROM orders o LEFT JOIN raw_seen s ON s.platform=o.platform AND s.stream='orders' AND "
      "s.record_id=o.order_id";
  if (tables_.decisions)
    sql += " LEFT JOIN benefit_decisions b ON b.platform=o.platform AND b.order_id=o.order_id";
  if (accepted)
    sql +=
        " LEFT JOIN benefit_pending_accepted a ON a.platform=o.platform AND a.order_id=o.order_id "
        "AND a.decision_updated_at=b.updated_at";
  sql += " WHERE o.platform=? AND o.order_id>?";
  sql::Values params = {platform_, after};
  if (created_) {
    sql += " AND o.created_at>=? AND o.created_at<=?";
    params.insert(params.end(), {created_->from.text(), created_->upto.text()});
  }
  sql += fmt::format(" ORDER BY o.order_id LIMIT {}", limit);
  Result<std::unique_ptr<sql::Cursor>> cursor = connection.query(sql, params);
  if (!cursor) return fail(std::move(cursor));
  std::vector<BenefitOrder> found;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return found;
    Columns columns(**cursor);
    BenefitOrder& order = found.emplace_back();
    order.order_id = columns.text();
    order.user_id = columns.text();
    order.state_text = columns.text();
    order.utc_offset = columns.zone();
    order.order.created_at = columns.time().value_or(CivilTime());
    order.order.pay_time = columns.time();
    order.order.price = columns.integer();
    RefundState& now = order.order.now;
    now.order_state = columns.integer();
    now.refund_money = columns.integer();
    now.refund_time = columns.time();
    now.seen_at = columns.time().value_or(CivilTime());
    const std::optional<CivilTime> observed = columns.time();
    order.set_aside = columns.integer() != 0;
    if (observed && !order.set_aside)
      order.observed_at = WallTime(observed->time().time_since_epoch());
    if (tables_.decisions) {
      StoredDecision stored;
      const std::string decision = columns.text();
      stored.previous = columns.text();
      stored.decided_at = columns.time().value_or(CivilTime());
      stored.rule_version = columns.text();
      stored.facts = columns.text();
      stored.reason.en = columns.text();
      stored.reason.zh = columns.text();
      if (accepted) stored.accepted = !columns.text().empty();
      if (!decision.empty()) {
        const std::optional<Decision> known = parse_decision(decision);
        if (!known) return fail(unreadable(order.order_id, decision));
        stored.decision = *known;
        order.stored = std::move(stored);
      }
    }
    if (columns.refused()) return fail(unreadable(order.order_id, *columns.refused()));
  }
}

Result<void> BenefitOrders::add_history(sql::Connection& connection,
                                        std::vector<BenefitOrder>& orders) const {
  const auto add = [](BenefitOrder& order, Columns& columns) {
    RefundState state;
    state.order_state = columns.integer();
    state.refund_money = columns.integer();
    state.refund_time = columns.time();
    state.seen_at = columns.time().value_or(CivilTime());
    order.history.push_back(state);
  };
  return add_rows(connection,
                  "SELECT order_id, order_state, refund_money_fen, refund_time, seen_at FROM "
                  "order_history WHERE platform=? AND order_id IN ({}) AND (refund_time IS NOT "
                  "NULL OR refund_money_fen>0 OR order_state IN (3,10,11)) "
                  "ORDER BY order_id, seen_at",
                  platform_, orders, add);
}

Result<void> BenefitOrders::add_after_sales(sql::Connection& connection,
                                            std::vector<BenefitOrder>& orders) const {
  const auto add = [](BenefitOrder& order, Columns& columns) {
    CompletedAfterSale sale;
    sale.refund_money = columns.integer();
    sale.refund_time = columns.time();
    sale.changed_at = columns.time().value_or(CivilTime());
    order.after_sales.push_back(sale);
  };
  // 13 and 14: the refund is made. One of which nothing tells when proves nothing. COALESCE keeps
  // MariaDB from the primary key, whose first column is the same in all rows.
  return add_rows(connection,
                  "SELECT order_id, refund_money_fen, refund_time, source_updated_at FROM refunds "
                  "WHERE COALESCE(platform,'')=? AND order_id IN ({}) AND state IN (13,14) AND "
                  "COALESCE(refund_time, source_updated_at) IS NOT NULL "
                  "ORDER BY order_id, aftersale_id",
                  platform_, orders, add);
}

Result<std::vector<BenefitOrder>> BenefitOrders::read(sql::Connection& connection,
                                                      const std::string& after,
                                                      std::int64_t limit) const {
  Result<std::vector<BenefitOrder>> found = orders(connection, after, limit);
  if (!found || found->empty()) return found;
  if (Result<void> added = add_history(connection, *found); !added) return fail(added.error());
  if (tables_.after_sales)
    if (Result<void> added = add_after_sales(connection, *found); !added)
      return fail(added.error());
  return found;
}

}  // namespace tidemark::load
