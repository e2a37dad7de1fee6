#include "load/code_table.h"

#include <algorithm>
#include <array>

namespace tidemark::load {
namespace {

constexpr std::array usual_order_state = {
    CodeText{0, "未支付"},
    CodeText{1, "支付成功"},
    CodeText{2, "支付失败"},
    CodeText{3, "已退款"},
    CodeText{4, "预付款"},
    CodeText{5, "支付处理中"},
    CodeText{6, "过期自动取消"},
    CodeText{7, "用户手动取消"},
    CodeText{8, "主动全部退款中"},
    CodeText{9, "主动全部退款失败"},
    CodeText{10, "主动全部退款成功"},
    CodeText{11, "发起过部分退款"},
};
constexpr std::array official_order_state = {
    CodeText{0, "未支付"},
    CodeText{1, "支付成功"},
    CodeText{2, "支付失败"},
    CodeText{3, "已退款(如拼团未成功等情况)"},
    CodeText{6, "订单超时未支付,自动取消"},
    CodeText{7, "手动取消"},
    CodeText{8, "退款中"},
    CodeText{9, "退款失败"},
    CodeText{10, "退款成功"},
    CodeText{11, "部分退款"},
};

constexpr std::array usual_ship_state = {
    CodeText{0, "无需发货"}, CodeText{1, "未发货"},         CodeText{2, "已发货"},
    CodeText{3, "已收货"},   CodeText{4, "发起过部分发货"},
};
constexpr std::array official_ship_state = {
    CodeText{0, "禁止发货"}, CodeText{1, "未发货"},   CodeText{2, "已发货"},
    CodeText{3, "已收货"},   CodeText{4, "部分发货"},
};

constexpr std::array usual_resource_type = {
    CodeText{0, "无资源(如团购)"},
    CodeText{1, "图文"},
    CodeText{2, "音频"},
    CodeText{3, "视频"},
    CodeText{4, "直播"},
    CodeText{5, "会员"},
    CodeText{6, "专栏"},
    CodeText{7, "圈子"},
    CodeText{8, "大专栏"},
    CodeText{9, "活动票"},
    CodeText{11, "付费活动票"},
    CodeText{16, "付费打卡"},
    CodeText{20, "电子书"},
    CodeText{21, "实体商品"},
    CodeText{22, "内容市场营销活动"},
    CodeText{23, "超级会员"},
    CodeText{25, "训练营"},
    CodeText{29, "面授课"},
    CodeText{31, "班课"},
    CodeText{34, "练习"},
    CodeText{35, "班课"},
    CodeText{41, "有价优惠券"},
    CodeText{42, "课时包"},
    CodeText{45, "AI互动课"},
    CodeText{50, "课程(训练营pro)"},
    CodeText{68, "服务类商品"},
    CodeText{21001, "购物车"},
};
constexpr std::array official_resource_type = {
    CodeText{1, "图文"},
    CodeText{2, "音频"},
    CodeText{3, "视频"},
    CodeText{4, "直播"},
    CodeText{5, "会员"},
    CodeText{6, "专栏"},
    CodeText{7, "圈子"},
    CodeText{8, "大专栏"},
    CodeText{20, "电子书"},
    CodeText{21, "实物商品"},
    CodeText{23, "超级会员"},
    CodeText{25, "训练营"},
    CodeText{29, "线下课"},
    CodeText{31, "小班课"},
    CodeText{35, "大班课"},
    CodeText{41, "有价优惠券"},
    CodeText{42, "课时包"},
    CodeText{45, "AI互动课"},
    CodeText{50, "课程(训练营pro)"},
    CodeText{68, "服务类商品"},
};

constexpr std::array aftersale_state = {
    CodeText{0, "未受理"},          CodeText{1, "用户取消"},        CodeText{2, "商家受理中"},
    CodeText{3, "商家逾期未处理"},  CodeText{4, "商家拒绝退款"},    CodeText{5, "商家拒绝退货退款"},
    CodeText{6, "待买家退货"},      CodeText{7, "退货退款关闭"},    CodeText{8, "待商家收货"},
    CodeText{11, "商家退款中"},     CodeText{12, "商家逾期未退款"}, CodeText{13, "退款完成"},
    CodeText{14, "退货退款完成"},   CodeText{15, "换货完成"},       CodeText{16, "待商家发货"},
    CodeText{17, "待用户确认收货"}, CodeText{18, "商家拒绝换货"},   CodeText{19, "商家已收到货"},
};
constexpr std::array aftersale_type = {CodeText{1, "仅退款"}, CodeText{2, "退款退货"}};
constexpr std::array goods_sale_state = {CodeText{0, "下架"}, CodeText{1, "上架"},
                                         CodeText{2, "待上架"}};
constexpr std::array alive_type = {CodeText{10, "横屏"}, CodeText{11, "竖屏"}, CodeText{12, "语音"},
                                   CodeText{13, "录播"}};
constexpr std::array alive_state = {CodeText{0, "未开始"}, CodeText{1, "直播中"},
                                    CodeText{2, "已结束"}};
constexpr std::array alive_shelf_state = {CodeText{0, "已上架"}, CodeText{1, "已下架"},
                                          CodeText{2, "待上架"}};

}  // namespace

std::span<const CodeText> aftersale_states() { return aftersale_state; }
std::span<const CodeText> aftersale_types() { return aftersale_type; }
std::span<const CodeText> goods_sale_states() { return goods_sale_state; }
std::span<const CodeText> alive_types() { return alive_type; }
std::span<const CodeText> alive_states() { return alive_state; }
std::span<const CodeText> alive_shelf_states() { return alive_shelf_state; }

CodeTables code_tables(CodeTexts texts) {
  if (texts == CodeTexts::official)
    return {.order_state = official_order_state,
            .ship_state = official_ship_state,
            .resource_type = official_resource_type};
  return {.order_state = usual_order_state,
          .ship_state = usual_ship_state,
          .resource_type = usual_resource_type};
}

std::string_view text_of(std::span<const CodeText> table, std::int64_t code) {
  const auto found = std::ranges::find(table, code, &CodeText::code);
  return found == table.end() ? std::string_view() : found->text;
}

}  // namespace tidemark::load
