#include "load/xiaoe/product_transform.h"

#include "base/json_object.h"
#include "load/money.h"
#include "load/xiaoe/fields.h"

namespace tidemark::load::xiaoe {

Result<Product> ProductTransform::transform(std::string_view payload,
                                            std::vector<UnknownCode>& unknown) const {
  const auto members = json_members(payload);
  if (!members)
    return fail(ErrorKind::rejected, {"the row is no JSON object", "该行不是 JSON 对象"});
  Fields fields(*members);
  Product product{.product_id = fields.id("resource_id"),
                  .spu_id = fields.id("spu_id"),
                  .spu_type = fields.text("spu_type"),
                  .title = fields.text("goods_name")};
  product.resource_type = fields.integer("resource_type");
  product.price_low = fields.money("price_low", fen_of_fen);
  product.price_high = fields.money("price_high", fen_of_fen);
  product.price_line = fields.money("price_line", fen_of_fen);
  product.sale_status = fields.integer("sale_status");
  product.is_deleted = fields.integer("is_deleted");
  product.is_display = fields.integer("is_display");
  product.is_stop_sell = fields.integer("is_stop_sell");
  product.created_at = fields.time("created_at");
  product.source_updated_at = fields.time("updated_at");
  if (product.product_id.empty()) fields.missing("resource_id");
  if (fields.error()) return fail(Error(*fields.error()));
  product.resource_type_text =
      coded(tables_.resource_type, "resource_type", product.resource_type, unknown);
  product.sale_status_text =
      coded(goods_sale_states(), "sale_status", product.sale_status, unknown);
  return product;
}

}  // namespace tidemark::load::xiaoe
