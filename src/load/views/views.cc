#include "load/views/views.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>

#include "load/views/view_sql.h"
#include "run/migration.h"

namespace tidemark::load {
namespace {

struct View {
  std::string_view name;
  std::string_view select;  ///< As dialect_sql() reads it.
};

// Each sum is made in an inner query and shown twice by the outer one. What an unpaid order would
// have cost is in none of them: net_amount_fen is 0 for it, and the price counts once it is paid.

constexpr View orders{
    "v_orders",
    "SELECT o.platform, o.order_id, o.user_id, o.created_at, $day(o.created_at) AS day, "
    "$month(o.created_at) AS month, o.pay_time, CASE WHEN $was_paid(o.) THEN 1 ELSE 0 END AS paid, "
    "o.resource_id AS product_id, o.title, o.resource_type, o.resource_type_text, o.quantity, "
    "o.client_type, o.pay_way, o.order_state, o.order_state_text, o.ship_state, o.ship_state_text, "
    "o.price_fen, o.price, COALESCE(o.coupon_price_fen,0) AS coupon_fen, o.coupon_price AS coupon, "
    "COALESCE(o.refund_money_fen,0) AS refund_fen, o.refund_money AS refund, o.net_amount_fen, "
    "o.net_amount, o.refund_time, o.days_to_refund, o.refunded_within_14_days, b.decision AS "
    "benefit FROM orders o LEFT JOIN benefit_decisions b ON b.platform=o.platform AND "
    "b.order_id=o.order_id"};

constexpr View orders_daily{
    "v_orders_daily",
    "SELECT platform, day, orders, paid_orders, buyers, quantity, paid_fen, $yuan(paid_fen) AS "
    "paid, coupon_fen, $yuan(coupon_fen) AS coupon, refunded_orders, refund_fen, $yuan(refund_fen) "
    "AS refund, net_fen, $yuan(net_fen) AS net FROM (SELECT platform, $day(created_at) AS day, "
    "COUNT(*) AS orders, COUNT(CASE WHEN $was_paid() THEN 1 END) AS paid_orders, COUNT(DISTINCT "
    "CASE WHEN $was_paid() THEN user_id END) AS buyers, $whole(SUM(CASE WHEN $was_paid() THEN "
    "COALESCE(quantity,1) ELSE 0 END)) AS quantity, $whole(SUM(CASE WHEN $was_paid() THEN "
    "price_fen ELSE 0 END)) AS paid_fen, $whole(SUM(CASE WHEN $was_paid() THEN "
    "COALESCE(coupon_price_fen,0) ELSE 0 END)) AS coupon_fen, COUNT(CASE WHEN refund_time IS NOT "
    "NULL OR COALESCE(refund_money_fen,0)>0 THEN 1 END) AS refunded_orders, "
    "$whole(SUM(COALESCE(refund_money_fen,0))) AS refund_fen, $whole(SUM(net_amount_fen)) AS "
    "net_fen FROM orders GROUP BY platform, $day(created_at)) t"};

constexpr View orders_by_channel{
    "v_orders_by_channel",
    "SELECT platform, day, client_type, orders, paid_orders, buyers, paid_fen, $yuan(paid_fen) AS "
    "paid, refund_fen, $yuan(refund_fen) AS refund, net_fen, $yuan(net_fen) AS net FROM (SELECT "
    "platform, $day(created_at) AS day, client_type, COUNT(*) AS orders, COUNT(CASE WHEN "
    "$was_paid() THEN 1 END) AS paid_orders, COUNT(DISTINCT CASE WHEN $was_paid() THEN user_id "
    "END) AS buyers, $whole(SUM(CASE WHEN $was_paid() THEN price_fen ELSE 0 END)) AS paid_fen, "
    "$whole(SUM(COALESCE(refund_money_fen,0))) AS refund_fen, $whole(SUM(net_amount_fen)) AS "
    "net_fen FROM orders GROUP BY platform, $day(created_at), client_type) t"};

constexpr View refunds_daily{
    "v_refunds_daily",
    "SELECT platform, day, refunded_orders, whole_orders, within_14_days, refund_fen, "
    "$yuan(refund_fen) AS refund, days_to_refund FROM (SELECT platform, $day(refund_time) AS day, "
    "COUNT(*) AS refunded_orders, $whole(SUM(CASE WHEN order_state IN (3,10) OR (price_fen>0 AND "
    "refund_money_fen>=price_fen) THEN 1 ELSE 0 END)) AS whole_orders, "
    "$whole(SUM(refunded_within_14_days)) AS within_14_days, "
    "$whole(SUM(COALESCE(refund_money_fen,0))) AS refund_fen, $whole(SUM(days_to_refund)) AS "
    "days_to_refund FROM orders WHERE refund_time IS NOT NULL GROUP BY platform, "
    "$day(refund_time)) t"};

constexpr View after_sales_daily{
    "v_after_sales_daily",
    "SELECT platform, day, state, state_text, after_sales, asked_fen, $yuan(asked_fen) AS asked, "
    "refund_fen, $yuan(refund_fen) AS refund FROM (SELECT platform, $day(created_at) AS day, "
    "state, MAX($bytes(state_text)) AS state_text, COUNT(*) AS after_sales, "
    "$whole(SUM(COALESCE(apply_refund_money_fen,0))) AS asked_fen, $whole(SUM(CASE WHEN state IN "
    "(13,14) THEN COALESCE(refund_money_fen,0) ELSE 0 END)) AS refund_fen FROM refunds GROUP BY "
    "platform, $day(created_at), state) t"};

// An order counts for each product of its lines with their shares of its money, if it has such;
// else as a whole for the product that it names.
constexpr View order_products{
    "v_order_products",
    "SELECT platform, order_id, product_id, title, resource_type, resource_type_text, user_id, "
    "created_at, paid, quantity, price_fen, $yuan(price_fen) AS price, refund_fen, "
    "$yuan(refund_fen) AS refund, net_amount_fen, $yuan(net_amount_fen) AS net_amount FROM (SELECT "
    "o.platform, o.order_id, o.resource_id AS product_id, $bytes(o.title) AS title, "
    "o.resource_type, o.resource_type_text, o.user_id, o.created_at, CASE WHEN $was_paid(o.) THEN "
    "1 ELSE 0 END AS paid, COALESCE(o.quantity,1) AS quantity, o.price_fen, "
    "COALESCE(o.refund_money_fen,0) AS refund_fen, o.net_amount_fen FROM orders o WHERE "
    "o.resource_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM order_items i WHERE "
    "i.platform=o.platform AND i.order_id=o.order_id AND i.line_no=1 AND i.share_fen IS NOT NULL) "
    "UNION ALL SELECT o.platform, o.order_id, i.product_id, i.title, i.resource_type, NULL, "
    "o.user_id, o.created_at, CASE WHEN $was_paid(o.) THEN 1 ELSE 0 END, i.quantity, i.price_fen, "
    "i.refund_fen, CASE WHEN $was_paid(o.) THEN i.price_fen-i.refund_fen ELSE 0 END FROM (SELECT "
    "platform, order_id, product_id, MAX($bytes(title)) AS title, MAX(resource_type) AS "
    "resource_type, $whole(SUM(COALESCE(quantity,1))) AS quantity, $whole(SUM(share_fen)) AS "
    "price_fen, $whole(SUM(COALESCE(refund_share_fen,0))) AS refund_fen FROM order_items WHERE "
    "share_fen IS NOT NULL AND product_id<>'' GROUP BY platform, order_id, product_id) i JOIN "
    "orders o ON o.platform=i.platform AND o.order_id=i.order_id) t"};

constexpr View products_rank{
    "v_products_rank",
    "SELECT t.platform, t.product_id, COALESCE(p.title, t.title) AS title, "
    "COALESCE(p.resource_type, t.resource_type) AS resource_type, COALESCE(p.resource_type_text, "
    "t.resource_type_text) AS resource_type_text, p.sale_status_text, t.orders, t.paid_orders, "
    "t.buyers, t.quantity, t.paid_fen, $yuan(t.paid_fen) AS paid, t.refund_fen, "
    "$yuan(t.refund_fen) AS refund, t.net_fen, $yuan(t.net_fen) AS net, t.first_order_at, "
    "t.last_order_at FROM (SELECT platform, product_id, MAX($bytes(title)) AS title, "
    "MAX(resource_type) AS resource_type, MAX($bytes(resource_type_text)) AS resource_type_text, "
    "COUNT(*) AS orders, COUNT(CASE WHEN paid=1 THEN 1 END) AS paid_orders, COUNT(DISTINCT CASE "
    "WHEN paid=1 THEN user_id END) AS buyers, $whole(SUM(CASE WHEN paid=1 THEN quantity ELSE 0 "
    "END)) AS quantity, $whole(SUM(CASE WHEN paid=1 THEN price_fen ELSE 0 END)) AS paid_fen, "
    "$whole(SUM(refund_fen)) AS refund_fen, $whole(SUM(net_amount_fen)) AS net_fen, "
    "MIN(created_at) AS first_order_at, MAX(created_at) AS last_order_at FROM v_order_products "
    "GROUP BY platform, product_id) t LEFT JOIN products p ON p.platform=t.platform AND "
    "p.product_id=t.product_id"};

constexpr View products_daily{
    "v_products_daily",
    "SELECT platform, day, product_id, title, orders, paid_orders, buyers, quantity, paid_fen, "
    "$yuan(paid_fen) AS paid, refund_fen, $yuan(refund_fen) AS refund, net_fen, $yuan(net_fen) AS "
    "net FROM (SELECT platform, $day(created_at) AS day, product_id, MAX($bytes(title)) AS title, "
    "COUNT(*) AS orders, COUNT(CASE WHEN paid=1 THEN 1 END) AS paid_orders, COUNT(DISTINCT CASE "
    "WHEN paid=1 THEN user_id END) AS buyers, $whole(SUM(CASE WHEN paid=1 THEN quantity ELSE 0 "
    "END)) AS quantity, $whole(SUM(CASE WHEN paid=1 THEN price_fen ELSE 0 END)) AS paid_fen, "
    "$whole(SUM(refund_fen)) AS refund_fen, $whole(SUM(net_amount_fen)) AS net_fen FROM "
    "v_order_products GROUP BY platform, $day(created_at), product_id) t"};

constexpr View users_value{
    "v_users_value",
    "SELECT t.platform, t.user_id, u.nickname, u.channel, u.created_at AS registered_at, "
    "t.first_paid_at, t.last_paid_at, t.paid_orders, t.paid_fen, $yuan(t.paid_fen) AS paid, "
    "t.refund_fen, $yuan(t.refund_fen) AS refund, t.net_fen, $yuan(t.net_fen) AS net FROM (SELECT "
    "platform, user_id, MIN(created_at) AS first_paid_at, MAX(created_at) AS last_paid_at, "
    "COUNT(*) AS paid_orders, $whole(SUM(price_fen)) AS paid_fen, "
    "$whole(SUM(COALESCE(refund_money_fen,0))) AS refund_fen, $whole(SUM(net_amount_fen)) AS "
    "net_fen FROM orders WHERE $was_paid() AND user_id IS NOT NULL GROUP BY platform, user_id) t "
    "LEFT JOIN users u ON u.platform=t.platform AND u.user_id=t.user_id"};

// COALESCE keeps MariaDB from the primary key, whose first column is the same in all rows: it would
// read the whole table for each user, and for each live stream below.
constexpr View users_cohort{
    "v_users_cohort",
    "SELECT platform, cohort, months_later, users, orders, paid_fen, $yuan(paid_fen) AS paid, "
    "net_fen, $yuan(net_fen) AS net FROM (SELECT o.platform, $month(f.first_paid_at) AS cohort, "
    "$months(o.created_at)-$months(f.first_paid_at) AS months_later, COUNT(DISTINCT o.user_id) AS "
    "users, COUNT(*) AS orders, $whole(SUM(o.price_fen)) AS paid_fen, "
    "$whole(SUM(o.net_amount_fen)) AS net_fen FROM orders o JOIN (SELECT platform, user_id, "
    "MIN(created_at) AS first_paid_at FROM orders WHERE $was_paid() AND user_id IS NOT NULL GROUP "
    "BY platform, user_id) f ON o.user_id=f.user_id AND COALESCE(o.platform,'')=f.platform WHERE "
    "$was_paid(o.) GROUP BY o.platform, $month(f.first_paid_at), "
    "$months(o.created_at)-$months(f.first_paid_at)) t"};

constexpr View users_daily{
    "v_users_daily",
    "SELECT platform, $day(created_at) AS day, channel, COUNT(*) AS users FROM users WHERE "
    "created_at IS NOT NULL GROUP BY platform, $day(created_at), channel"};

constexpr View live_sessions{
    "v_live_sessions",
    "SELECT l.platform, l.live_id, l.title, l.alive_type_text, l.alive_state_text, l.started_at, "
    "l.ended_at, $seconds(l.ended_at)-$seconds(l.started_at) AS seconds, l.view_count, "
    "COALESCE(t.orders,0) AS orders, COALESCE(t.paid_orders,0) AS paid_orders, "
    "COALESCE(t.buyers,0) AS buyers, COALESCE(t.paid_fen,0) AS paid_fen, "
    "$yuan(COALESCE(t.paid_fen,0)) AS paid, COALESCE(t.refund_fen,0) AS refund_fen, "
    "$yuan(COALESCE(t.refund_fen,0)) AS refund, COALESCE(t.net_fen,0) AS net_fen, "
    "$yuan(COALESCE(t.net_fen,0)) AS net, COALESCE(l.reward_sum_fen,0) AS reward_fen, "
    "$yuan(COALESCE(l.reward_sum_fen,0)) AS reward FROM live_streams l LEFT JOIN (SELECT "
    "s.platform, s.live_id, COUNT(*) AS orders, COUNT(CASE WHEN $was_paid(o.) THEN 1 END) AS "
    "paid_orders, COUNT(DISTINCT CASE WHEN $was_paid(o.) THEN o.user_id END) AS buyers, "
    "$whole(SUM(CASE WHEN $was_paid(o.) THEN o.price_fen ELSE 0 END)) AS paid_fen, "
    "$whole(SUM(COALESCE(o.refund_money_fen,0))) AS refund_fen, $whole(SUM(o.net_amount_fen)) AS "
    "net_fen FROM live_streams s JOIN orders o ON o.resource_id=s.live_id AND "
    "COALESCE(o.platform,'')=s.platform GROUP BY s.platform, s.live_id) t ON t.platform=l.platform "
    "AND t.live_id=l.live_id"};

constexpr View benefits_daily{
    "v_benefits_daily",
    "SELECT platform, $day(due_at) AS day, decision, COUNT(*) AS orders, $whole(SUM(CASE WHEN "
    "previous_decision IS NOT NULL THEN 1 ELSE 0 END)) AS changed FROM benefit_decisions GROUP BY "
    "platform, $day(due_at), decision"};

constexpr std::array at_first = {&orders,         &orders_daily,      &orders_by_channel,
                                 &refunds_daily,  &after_sales_daily, &products_rank,
                                 &products_daily, &users_value,       &users_cohort,
                                 &users_daily,    &live_sessions,     &benefits_daily};
/// Of those the ones that asked orders for their pay_time alone until was_paid() was what counts.
/// The views of products stand on order_products, too.
constexpr std::array ask_was_paid = {&orders,        &orders_daily,   &orders_by_channel,
                                     &products_rank, &products_daily, &users_value,
                                     &users_cohort,  &live_sessions};

/// The steps that make views, as text that lives as long as the program.
class ViewMigrations {
 public:
  void make(const View& view) {
    steps_.push_back({.sqlite = create("CREATE VIEW IF NOT EXISTS", view, sql::Dialect::sqlite),
                      .mysql = create(or_replace, view, sql::Dialect::mysql),
                      .postgres = create(or_replace, view, sql::Dialect::postgres)});
  }
  void nothing() { steps_.push_back({.sqlite = none, .mysql = none, .postgres = none}); }
  /// Makes a view anew that says otherwise now. Servers keep who may read it.
  void replace(const View& view) {
    steps_.push_back(
        {.sqlite = texts_.emplace_back(fmt::format("DROP VIEW IF EXISTS {}", view.name)),
         .mysql = none,
         .postgres = none});
    make(view);
  }
  [[nodiscard]] const std::vector<run::Migration>& steps() const { return steps_; }

 private:
  static constexpr std::string_view none = "SELECT 1";
  static constexpr std::string_view or_replace = "CREATE OR REPLACE VIEW";

  std::string_view create(std::string_view words, const View& view, sql::Dialect dialect) {
    return texts_.emplace_back(
        fmt::format("{} {} AS {}", words, view.name, dialect_sql(view.select, dialect)));
  }

  std::deque<std::string> texts_;
  std::vector<run::Migration> steps_;
};

/// In the order in which they came; only ever appended to. Of what a later step replaces nothing is
/// made before: as it is today it may need what came in between.
const std::vector<run::Migration>& migrations() {
  static const ViewMigrations made = [] {
    ViewMigrations steps;
    for (const View* view : at_first)
      if (std::ranges::find(ask_was_paid, view) == ask_was_paid.end())
        steps.make(*view);
      else
        steps.nothing();
    for (const View* view : ask_was_paid) {
      if (view != &products_rank && view != &products_daily) {
        steps.replace(*view);
      } else {
        steps.nothing();
        steps.nothing();
      }
    }
    // For some days order_products stood before those, and came nowhere where they were made: what
    // has the one or the other number gets all three.
    steps.nothing();
    steps.replace(order_products);
    steps.replace(products_rank);
    steps.replace(products_daily);
    return steps;
  }();
  return made.steps();
}

}  // namespace

std::vector<std::string_view> view_names() {
  std::vector<std::string_view> names;
  names.reserve(at_first.size() + 1);
  for (const View* view : at_first) names.push_back(view->name);
  names.push_back(order_products.name);
  return names;
}

std::size_t views_version() { return migrations().size(); }

Result<void> migrate_views(sql::Connection& connection) {
  return run::migrate(connection, "load.views", migrations(), run::MigratedDatabase::warehouse);
}

}  // namespace tidemark::load
