#include "load/xiaoe/refund_transform.h"

#include <fmt/format.h>

#include "base/json_object.h"
#include "load/money.h"
#include "load/xiaoe/fields.h"

namespace tidemark::load::xiaoe {
namespace {

/// `课程 x 1；资料 x 2`, and how many pieces that is; a list of another form says nothing.
void read_goods(const Fields& fields, Refund& refund) {
  const std::optional<std::string_view> list = fields.find("goods_list");
  if (!list) return;
  const auto elements = json_elements(*list);
  if (!elements) return;
  std::int64_t count = 0;
  for (const std::string_view element : *elements) {
    const auto members = json_members(element);
    if (!members) return;
    Fields goods(*members);
    const std::string name = goods.text("goods_name");
    const std::int64_t pieces = goods.integer("buy_num").value_or(1);
    if (goods.error() || pieces < 0 || pieces > fen_max || count > fen_max) return;
    count += pieces;  // At most twice fen_max.
    if (!refund.goods_text.empty()) refund.goods_text += "；";
    refund.goods_text += fmt::format("{} x {}", name, pieces);
  }
  if (refund.goods_text.size() > Fields::text_bytes_max) refund.goods_text.clear();
  refund.goods_count = count;
}

}  // namespace

Result<Refund> RefundTransform::transform(std::string_view payload,
                                          std::vector<UnknownCode>& unknown) const {
  const auto members = json_members(payload);
  if (!members)
    return fail(ErrorKind::rejected, {"the row is no JSON object", "该行不是 JSON 对象"});
  Fields fields(*members);
  Refund refund{.aftersale_id = fields.id("aftersale_id"),
                .order_id = fields.id("order_id"),
                .user_id = fields.id("user_id")};
  refund.state = fields.integer("state");
  refund.state_text = fields.text("state_str");
  refund.sale_type = fields.integer("sale_type");
  refund.sale_type_text = fields.text("sale_type_name");
  refund.apply_refund_money = fields.money("apply_refund_money", fen_of_fen);
  refund.refund_money = fields.money("refund_money", fen_of_fen);
  refund.actual_fee = fields.money("actual_fee", fen_of_fen);
  refund.original_price = fields.money("original_price", fen_of_fen);
  refund.reason = fields.text("reason");
  refund.state_reason = fields.text("state_reason");
  refund.remark = fields.text("remark");
  refund.merchant_remark = fields.text("merchant_remark");
  const std::optional<CivilTime> created = fields.time("created_at");
  refund.refund_time = fields.time("refund_time");
  refund.source_updated_at = fields.time("updated_at");
  read_goods(fields, refund);
  if (refund.aftersale_id.empty()) fields.missing("aftersale_id");
  if (refund.order_id.empty()) fields.missing("order_id");
  if (!refund.state) fields.missing("state");
  if (!created) fields.missing("created_at");
  if (fields.error()) return fail(Error(*fields.error()));
  refund.created_at = *created;
  if (refund.state_text.empty())
    refund.state_text = coded(aftersale_states(), "state", refund.state, unknown);
  if (refund.sale_type_text.empty())
    refund.sale_type_text = coded(aftersale_types(), "sale_type", refund.sale_type, unknown);
  return refund;
}

}  // namespace tidemark::load::xiaoe
