#include "load/xiaoe/code_table.h"

#include <algorithm>
#include <array>

namespace tidemark::load::xiaoe {
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

}  // namespace

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

}  // namespace tidemark::load::xiaoe
