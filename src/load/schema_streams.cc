// The tables of after-sales, users, products and live streams.

#include <array>

#include "load/schema.h"

namespace tidemark::load {
namespace {

// A refund may be read before its order, or tell of one that is older than what was loaded; so
// there is no foreign key to orders.
constexpr std::array refund_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"aftersale_id", Kind::id, "售后单号", true},
    Column{"order_id", Kind::id, "订单号；订单可能尚未加载，故不设外键", true},
    Column{"user_id", Kind::id, "用户编号"},
    Column{"state", Kind::integer, "售后状态代码", true},
    Column{"state_text", Kind::text, "售后状态"},
    Column{"sale_type", Kind::integer, "售后类型代码"},
    Column{"sale_type_text", Kind::text, "售后类型"},
    Column{"apply_refund_money", Kind::money, "申请退款金额（元）"},
    Column{"apply_refund_money_fen", Kind::integer, "申请退款金额（分）"},
    Column{"refund_money", Kind::money, "退款金额（元）"},
    Column{"refund_money_fen", Kind::integer, "退款金额（分）"},
    Column{"actual_fee", Kind::money, "订单实付金额（元）"},
    Column{"actual_fee_fen", Kind::integer, "订单实付金额（分）"},
    Column{"original_price", Kind::money, "订单原价（元）"},
    Column{"original_price_fen", Kind::integer, "订单原价（分）"},
    Column{"reason", Kind::text, "售后原因"},
    Column{"state_reason", Kind::text, "状态原因"},
    Column{"remark", Kind::text, "买家备注"},
    Column{"merchant_remark", Kind::text, "商家备注"},
    Column{"goods_text", Kind::text, "商品，如：课程 x 1；资料 x 2"},
    Column{"goods_count", Kind::integer, "商品件数"},
    Column{"created_at", Kind::time, "申请时间，时区见 time_zone", true},
    Column{"refund_time", Kind::time, "退款时间，时区见 time_zone；平台未提供时为空"},
    Column{"source_updated_at", Kind::time, "平台上的更新时间，时区见 time_zone"},
    Column{"time_zone", Kind::name, "本行各时间的时区，如 +08:00", true},
    Column{"updated_at", Kind::stamp, "首次看到当前内容的时间，时区见 time_zone", true},
};
// As for orders, none begins with the platform.
constexpr std::array refund_indexes = {
    TableIndex{"refunds_order", "order_id"},
    TableIndex{"refunds_created", "created_at"},
    TableIndex{"refunds_state", "state, created_at"},
    TableIndex{"refunds_refunded", "refund_time"},
    TableIndex{"refunds_source_updated", "source_updated_at"},
};

// Telephone numbers, avatars and WeChat ids are left to the raw layer: who may read figures need
// not be able to read them.
constexpr std::array user_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"user_id", Kind::id, "用户编号", true},
    Column{"nickname", Kind::text, "昵称"},
    Column{"channel", Kind::text, "来源渠道（平台原文）"},
    Column{"pay_sum", Kind::money, "累计消费（元）"},
    Column{"pay_sum_fen", Kind::integer, "累计消费（分）"},
    Column{"punch_count", Kind::integer, "打卡次数"},
    Column{"created_at", Kind::time, "注册时间，时区见 time_zone"},
    Column{"time_zone", Kind::name, "本行各时间的时区，如 +08:00", true},
    Column{"updated_at", Kind::stamp, "首次看到当前内容的时间，时区见 time_zone", true},
};
constexpr std::array user_indexes = {
    TableIndex{"users_created", "created_at"},
};

constexpr std::array product_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"product_id", Kind::id, "商品（资源）编号，同 order_items.product_id", true},
    Column{"spu_id", Kind::id, "SPU 编号"},
    Column{"spu_type", Kind::text, "SPU 类型原始代码"},
    Column{"title", Kind::text, "商品名称"},
    Column{"resource_type", Kind::integer, "商品类型代码"},
    Column{"resource_type_text", Kind::text, "商品类型；代码未知时为空"},
    Column{"price_low", Kind::money, "最低价（元）"},
    Column{"price_low_fen", Kind::integer, "最低价（分）"},
    Column{"price_high", Kind::money, "最高价（元）"},
    Column{"price_high_fen", Kind::integer, "最高价（分）"},
    Column{"price_line", Kind::money, "划线价（元）"},
    Column{"price_line_fen", Kind::integer, "划线价（分）"},
    Column{"sale_status", Kind::integer, "上架状态代码"},
    Column{"sale_status_text", Kind::text, "上架状态；代码未知时为空"},
    Column{"is_deleted", Kind::integer, "是否已删除：1 是，0 否"},
    Column{"is_display", Kind::integer, "是否展示：1 是，0 否"},
    Column{"is_stop_sell", Kind::integer, "是否停售：1 是，0 否"},
    Column{"created_at", Kind::time, "创建时间，时区见 time_zone"},
    Column{"source_updated_at", Kind::time, "平台上的更新时间，时区见 time_zone"},
    Column{"time_zone", Kind::name, "本行各时间的时区，如 +08:00", true},
    Column{"updated_at", Kind::stamp, "首次看到当前内容的时间，时区见 time_zone", true},
};
constexpr std::array product_indexes = {
    TableIndex{"products_spu", "spu_id"},
    TableIndex{"products_type", "resource_type, sale_status"},
    TableIndex{"products_created", "created_at"},
};

constexpr std::array live_columns = {
    Column{"platform", Kind::name, "平台", true},
    Column{"live_id", Kind::id, "直播编号，同 order_items.product_id", true},
    Column{"title", Kind::text, "直播名称"},
    Column{"alive_type", Kind::integer, "直播类型代码"},
    Column{"alive_type_text", Kind::text, "直播类型；代码未知时为空"},
    Column{"alive_state", Kind::integer, "直播状态代码"},
    Column{"alive_state_text", Kind::text, "直播状态；代码未知时为空"},
    Column{"recycle_bin_state", Kind::integer, "上架状态代码"},
    Column{"recycle_bin_state_text", Kind::text, "上架状态；代码未知时为空"},
    Column{"started_at", Kind::time, "开始时间，时区见 time_zone"},
    Column{"ended_at", Kind::time, "结束时间（手动结束优先），时区见 time_zone"},
    Column{"view_count", Kind::integer, "累计观看次数"},
    Column{"purchase_count", Kind::integer, "累计购买次数"},
    Column{"reward_sum", Kind::money, "打赏金额（元）"},
    Column{"reward_sum_fen", Kind::integer, "打赏金额（分）"},
    Column{"time_zone", Kind::name, "本行各时间的时区，如 +08:00", true},
    Column{"updated_at", Kind::stamp, "首次看到当前内容的时间，时区见 time_zone", true},
};
constexpr std::array live_indexes = {
    TableIndex{"live_streams_started", "started_at"},
    TableIndex{"live_streams_state", "alive_state, started_at"},
};

constexpr TableSpec refunds{.name = "refunds",
                            .comment = "售后（退款）",
                            .columns = refund_columns,
                            .key_columns = 2,
                            .indexes = refund_indexes};
constexpr TableSpec users{.name = "users",
                          .comment = "用户",
                          .columns = user_columns,
                          .key_columns = 2,
                          .indexes = user_indexes};
constexpr TableSpec products{.name = "products",
                             .comment = "商品",
                             .columns = product_columns,
                             .key_columns = 2,
                             .indexes = product_indexes};
constexpr TableSpec live_streams{.name = "live_streams",
                                 .comment = "直播",
                                 .columns = live_columns,
                                 .key_columns = 2,
                                 .indexes = live_indexes};

}  // namespace

const TableSpec& refunds_table() { return refunds; }
const TableSpec& users_table() { return users; }
const TableSpec& products_table() { return products; }
const TableSpec& live_streams_table() { return live_streams; }

}  // namespace tidemark::load
