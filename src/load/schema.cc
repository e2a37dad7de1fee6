#include "load/schema.h"

#include <array>
#include <span>
#include <string_view>

#include "load/benefit/benefit_schema.h"
#include "load/table_migrations.h"
#include "load/views/views.h"
#include "run/migration.h"

namespace tidemark::load {
namespace {

constexpr std::array order_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"order_id", Kind::id, "订单号", true},
    Column{"user_id", Kind::id, "用户编号"},
    Column{"title", Kind::text, "商品名称"},
    Column{"resource_id", Kind::id, "商品（资源）编号"},
    Column{"resource_type", Kind::integer, "商品类型代码"},
    Column{"resource_type_text", Kind::text, "商品类型；代码未知时为空"},
    Column{"quantity", Kind::integer, "数量"},
    Column{"price", Kind::money, "实付金额（元）", true},
    Column{"price_fen", Kind::integer, "实付金额（分）", true},
    Column{"coupon_price", Kind::money, "优惠券抵扣（元）"},
    Column{"coupon_price_fen", Kind::integer, "优惠券抵扣（分）"},
    Column{"coupon_id", Kind::id, "优惠券编号"},
    Column{"coupon_name", Kind::text, "优惠券名称"},
    Column{"refund_money", Kind::money, "退款金额（元）"},
    Column{"refund_money_fen", Kind::integer, "退款金额（分）"},
    Column{"net_amount", Kind::money, "净额（元）：实付减退款，未支付为 0", true},
    Column{"net_amount_fen", Kind::integer, "净额（分）", true},
    Column{"order_state", Kind::integer, "订单状态代码", true},
    Column{"order_state_text", Kind::text, "订单状态；代码未知时为空"},
    Column{"ship_state", Kind::integer, "发货状态代码"},
    Column{"ship_state_text", Kind::text, "发货状态；代码未知时为空"},
    Column{"sales_state", Kind::integer, "退款进度原始代码"},
    Column{"after_sales_state", Kind::integer, "售后状态原始代码"},
    Column{"team_buy_state", Kind::integer, "拼团状态原始代码"},
    Column{"pay_way", Kind::integer, "支付方式原始代码"},
    Column{"collection_way", Kind::integer, "收款方式原始代码"},
    Column{"client_type", Kind::integer, "客户端类型原始代码"},
    Column{"order_type", Kind::text, "订单类型原始代码（JSON 数组）"},
    Column{"goods_no", Kind::id, "商品编码"},
    Column{"out_order_id", Kind::id, "外部订单号"},
    Column{"transaction_id", Kind::id, "支付流水号"},
    Column{"created_at", Kind::time, "下单时间，时区见 time_zone", true},
    Column{"pay_time", Kind::time, "支付时间，时区见 time_zone"},
    Column{"refund_time", Kind::time, "退款时间，时区见 time_zone"},
    Column{"settle_time", Kind::time, "结算时间，时区见 time_zone"},
    Column{"time_zone", Kind::name, "本行各时间的时区，如 +08:00", true},
    Column{"days_to_refund", Kind::integer, "下单到首次退款的整天数"},
    Column{"refunded_within_14_days", Kind::integer,
           "是否在下单 14 天内退过款（含部分退款）：1 是，0 否", true},
    Column{"updated_at", Kind::stamp, "首次看到当前内容的时间，时区见 time_zone", true},
};
// None begins with the platform: the primary key does, and PostgreSQL, asked for a key while a
// table is still empty, would take any index that begins so and keep to it.
constexpr std::array order_indexes = {
    TableIndex{"orders_created", "created_at"},
    TableIndex{"orders_user", "user_id"},
    TableIndex{"orders_state", "order_state, created_at"},
    TableIndex{"orders_resource", "resource_id, created_at"},
    TableIndex{"orders_refund", "refund_time"},
};

constexpr std::array item_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"order_id", Kind::id, "订单号", true},
    Column{"line_no", Kind::integer, "行号，从 1 开始", true},
    Column{"product_id", Kind::id, "商品编号", true},
    Column{"title", Kind::text, "商品名称"},
    Column{"resource_type", Kind::integer, "商品类型代码"},
    Column{"quantity", Kind::integer, "数量"},
    Column{"price", Kind::money, "行金额（元）；来源未给出时为空"},
    Column{"price_fen", Kind::integer, "行金额（分）"},
    Column{"share_fen", Kind::integer,
           "订单实付金额中分摊到本行的部分（分）；仅多行且各行均有金额的订单有值"},
    Column{"refund_share_fen", Kind::integer, "退款中按行金额分摊到本行的部分（分）"},
};
constexpr std::size_t item_columns_at_first = 7;
constexpr std::array item_indexes = {
    TableIndex{"order_items_product", "product_id"},
};
constexpr std::string_view of_an_order =
    "FOREIGN KEY (platform, order_id) REFERENCES orders (platform, order_id)";

constexpr std::array history_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"order_id", Kind::id, "订单号", true},
    Column{"seen_at", Kind::stamp, "首次看到这一变化的时间，时区见订单的 time_zone", true},
    Column{"previous_order_state", Kind::integer, "之前的订单状态代码；首次出现为空"},
    Column{"order_state", Kind::integer, "订单状态代码", true},
    Column{"order_state_text", Kind::text, "订单状态"},
    Column{"ship_state", Kind::integer, "发货状态代码"},
    Column{"sales_state", Kind::integer, "退款进度原始代码"},
    Column{"after_sales_state", Kind::integer, "售后状态原始代码"},
    Column{"refund_money", Kind::money, "累计退款（元）"},
    Column{"refund_money_fen", Kind::integer, "累计退款（分）"},
    Column{"pay_time", Kind::time, "支付时间"},
    Column{"refund_time", Kind::time, "退款时间"},
};
constexpr std::array history_indexes = {
    TableIndex{"order_history_seen", "seen_at"},
};

constexpr std::array raw_record_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"stream", Kind::name, "数据流", true},
    Column{"record_id", Kind::id, "来源编号；没有编号的行为 # 加内容散列", true},
    Column{"observed_at", Kind::stamp, "首次观察到该内容的时间（UTC）", true},
    Column{"content_hash", Kind::name, "内容散列（XXH3 128 位）", true},
    Column{"scan_id", Kind::name, "观察到它的扫描", true},
    Column{"payload", Kind::payload, "来源返回的原文，逐字节", true},
};

constexpr std::array raw_seen_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"stream", Kind::name, "数据流", true},
    Column{"record_id", Kind::id, "来源编号", true},
    Column{"content_hash", Kind::name, "当前内容的散列", true},
    Column{"first_observed_at", Kind::stamp, "当前内容首次观察到的时间（UTC）", true},
    Column{"observed_at", Kind::stamp, "最近一次观察到的时间（UTC）", true},
    Column{"scan_id", Kind::name, "最近一次观察到它的扫描", true},
    Column{"rejected", Kind::integer, "是否在拒收清单中：1 是，0 否", true},
};

constexpr std::array reject_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"stream", Kind::name, "数据流", true},
    Column{"record_id", Kind::id, "来源编号", true},
    Column{"content_hash", Kind::name, "原文的散列，见 raw_records", true},
    Column{"reason", Kind::text, "无法保存的原因（英文）", true},
    Column{"reason_zh", Kind::text, "无法保存的原因（中文）", true},
    Column{"scan_id", Kind::name, "发现它的扫描", true},
    Column{"rejected_at", Kind::stamp, "发现的时间（UTC）", true},
};

constexpr std::array scan_columns = {
    Column{"scan_id", Kind::name, "扫描编号（ULID）", true},
    Column{"platform", Kind::name, "平台", true},
    Column{"stream", Kind::name, "数据流", true},
    Column{"mode", Kind::name, "range、incremental、rescan、full 或 picked", true},
    Column{"range_from", Kind::time, "范围起点（含），平台时区", true},
    Column{"range_upto", Kind::time, "范围终点（含），平台时区", true},
    Column{"started_at", Kind::stamp, "开始时间（UTC）", true},
    Column{"ended_at", Kind::stamp, "读完或被更新的同类扫描取代的时间（UTC）；空表示未读完"},
};
constexpr std::array scan_indexes = {
    TableIndex{"load_scans_range", "platform, stream, mode, range_from"},
};

constexpr std::array window_columns = {
    Column{"scan_id", Kind::name, "扫描编号", true},
    Column{"window_from", Kind::time, "窗口起点（含），平台时区", true},
    Column{"window_upto", Kind::time, "窗口终点（含），平台时区", true},
    Column{"records", Kind::integer, "记录数，已与来源的总数核对", true},
    Column{"finished_at", Kind::stamp, "完成时间（UTC）", true},
};

constexpr std::array stream_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"stream", Kind::name, "数据流", true},
    Column{"complete_from", Kind::time, "从此时起的数据已全部到达（含），平台时区"},
    Column{"complete_upto", Kind::time, "水位：到此时为止的数据已全部到达（含），平台时区"},
};

constexpr std::array gap_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"stream", Kind::name, "数据流", true},
    Column{"span_from", Kind::time, "起点（含），平台时区", true},
    Column{"span_upto", Kind::time, "终点（含），平台时区", true},
    Column{"kind", Kind::name,
           "disputed：店铺的分页与总数始终不一致；imported：接管旧脚本的进度，未经扫描核实", true},
    Column{"found_at", Kind::stamp, "首次发现的时间（UTC）", true},
    Column{"accepted_at", Kind::stamp, "运维人员接受的时间（UTC）；空表示未处理"},
    Column{"accepted_reason", Kind::text, "接受的理由"},
};

constexpr std::array unchecked_columns = {
    Column{"scan_id", Kind::name, "扫描编号", true},
    Column{"window_from", Kind::time, "窗口起点（含），平台时区", true},
    Column{"window_upto", Kind::time, "到此为止应与店铺的数量核对（含），平台时区", true},
    Column{"platform", Kind::name, "平台", true},
    Column{"stream", Kind::name, "数据流", true},
};

constexpr std::array accepted_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"stream", Kind::name, "数据流", true},
    Column{"record_id", Kind::id, "来源编号，同 load_rejects", true},
    Column{"content_hash", Kind::name, "被接受的原文的散列；内容变化后不再有效", true},
    Column{"accepted_at", Kind::stamp, "接受的时间（UTC）", true},
};

constexpr std::array amount_check_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"stream", Kind::name, "数据流", true},
    Column{"compared_from", Kind::time, "从此时起下单的记录均已比较（含），平台时区", true},
    Column{"compared_at", Kind::stamp, "比较所依据的扫描的开始时间（UTC）", true},
};

constexpr TableSpec orders{.name = "orders",
                           .comment = "订单",
                           .columns = order_columns,
                           .key_columns = 2,
                           .indexes = order_indexes};
constexpr TableSpec items{.name = "order_items",
                          .comment = "订单商品明细",
                          .columns = item_columns,
                          .key_columns = 3,
                          .indexes = item_indexes,
                          .foreign_key = of_an_order};
constexpr TableSpec items_at_first{.name = items.name,
                                   .comment = items.comment,
                                   .columns = std::span(item_columns).first(item_columns_at_first),
                                   .key_columns = items.key_columns,
                                   .indexes = items.indexes,
                                   .foreign_key = items.foreign_key};
constexpr TableSpec history{.name = "order_history",
                            .comment = "订单状态变化",
                            .columns = history_columns,
                            .key_columns = 3,
                            .indexes = history_indexes,
                            .foreign_key = of_an_order};
constexpr TableSpec raw_records{.name = "raw_records",
                                .comment = "原始数据：每一种看到过的内容",
                                .columns = raw_record_columns,
                                .key_columns = 4};
constexpr TableSpec raw_seen{.name = "raw_seen",
                             .comment = "原始数据：每条记录最近一次观察",
                             .columns = raw_seen_columns,
                             .key_columns = 3};
constexpr TableSpec rejects{.name = "load_rejects",
                            .comment = "无法保存的行及原因",
                            .columns = reject_columns,
                            .key_columns = 3};
constexpr TableSpec scans{.name = "load_scans",
                          .comment = "扫描",
                          .columns = scan_columns,
                          .key_columns = 1,
                          .indexes = scan_indexes};
constexpr TableSpec windows{.name = "load_windows",
                            .comment = "扫描中已读完的窗口",
                            .columns = window_columns,
                            .key_columns = 2};
constexpr TableSpec streams{.name = "load_streams",
                            .comment = "每个数据流的水位",
                            .columns = stream_columns,
                            .key_columns = 2};

constexpr TableSpec gaps{.name = "load_gaps",
                         .comment = "水位之内未经核实的时间段",
                         .columns = gap_columns,
                         .key_columns = 3};
constexpr TableSpec unchecked{.name = "load_unchecked",
                              .comment = "已读完、尚未与店铺数量核对的窗口",
                              .columns = unchecked_columns,
                              .key_columns = 2};
constexpr TableSpec accepted{.name = "load_rejects_accepted",
                             .comment = "已确认、不再影响运行结果的拒收行",
                             .columns = accepted_columns,
                             .key_columns = 3};

constexpr TableSpec amount_checks{.name = "load_amount_checks",
                                  .comment = "最近一次逐笔比较金额且全部一致的重扫",
                                  .columns = amount_check_columns,
                                  .key_columns = 2};

/// Orders that were paid and do not tell when had a net_amount of 0.
constexpr std::string_view net_of_untimed =
    "UPDATE orders SET net_amount_fen=price_fen-COALESCE(refund_money_fen,0), "
    "net_amount=$yuan((price_fen-COALESCE(refund_money_fen,0))) WHERE pay_time IS NULL AND "
    "$was_paid()";

/// Of an order of a file that says `refunded` and not how much, the whole price came back (decision
/// 0023). Orders of before get what one gets that is loaded now.
constexpr std::string_view refunds_of_files =
    "UPDATE orders SET refund_money=price, refund_money_fen=price_fen, net_amount_fen=0, "
    "net_amount=$yuan(0) WHERE platform<>'xiaoe' AND order_state IN (3,10) AND refund_money_fen IS "
    "NULL";
constexpr std::string_view histories_of_files =
    "UPDATE order_history SET refund_money=(SELECT o.price FROM orders o WHERE "
    "o.platform=order_history.platform AND o.order_id=order_history.order_id), "
    "refund_money_fen=(SELECT o.price_fen FROM orders o WHERE o.platform=order_history.platform "
    "AND o.order_id=order_history.order_id) WHERE platform<>'xiaoe' AND order_state IN (3,10) AND "
    "refund_money_fen IS NULL";

/// In the order in which they came; only ever appended to.
class WarehouseMigrations : public TableMigrations {
 public:
  WarehouseMigrations() : TableMigrations(at_first()) {
    add_statement(net_of_untimed);
    add_columns(items.name, std::span(item_columns).subspan(item_columns_at_first));
    // So many steps the columns took at first, each by itself: those behind keep their numbers.
    for (int step = 0; step < 3; ++step) add_statement("SELECT 1");
    add_statement(refunds_of_files);
    add_statement(histories_of_files);
  }

 private:
  static std::span<const TableSpec* const> at_first() {
    static const std::array tables = {&orders,
                                      &items_at_first,
                                      &history,
                                      &raw_records,
                                      &raw_seen,
                                      &rejects,
                                      &scans,
                                      &windows,
                                      &streams,
                                      &refunds_table(),
                                      &users_table(),
                                      &products_table(),
                                      &live_streams_table(),
                                      &gaps,
                                      &unchecked,
                                      &accepted,
                                      &amount_checks};
    return tables;
  }
};

std::span<const run::Migration> migrations() {
  static const WarehouseMigrations all;
  return all.steps();
}

}  // namespace

const TableSpec& orders_table() { return orders; }
const TableSpec& order_items_table() { return items; }
const TableSpec& order_history_table() { return history; }
const TableSpec& table_of(StreamKind stream) {
  switch (stream) {
    case StreamKind::orders:
      return orders;
    case StreamKind::aftersales:
      return refunds_table();
    case StreamKind::users:
      return users_table();
    case StreamKind::products:
      return products_table();
    case StreamKind::live:
      return live_streams_table();
  }
  return orders;
}
const TableSpec& raw_records_table() { return raw_records; }
const TableSpec& raw_seen_table() { return raw_seen; }
const TableSpec& load_rejects_table() { return rejects; }
const TableSpec& load_scans_table() { return scans; }
const TableSpec& load_windows_table() { return windows; }
const TableSpec& load_streams_table() { return streams; }
const TableSpec& load_gaps_table() { return gaps; }
const TableSpec& load_unchecked_table() { return unchecked; }
const TableSpec& load_rejects_accepted_table() { return accepted; }
const TableSpec& load_amount_checks_table() { return amount_checks; }

Result<void> migrate_warehouse(sql::Connection& connection) {
  if (Result<void> migrated =
          run::migrate(connection, "load", migrations(), run::MigratedDatabase::warehouse);
      !migrated)
    return migrated;
  if (Result<void> migrated = migrate_benefits(connection); !migrated) return migrated;
  return migrate_views(connection);
}

}  // namespace tidemark::load
