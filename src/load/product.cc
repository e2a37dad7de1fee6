#include "load/product.h"

#include "load/cell.h"

namespace tidemark::load {

using namespace cell;

TableRow row_of(const Product& product) {
  return {
      .cells = {product.product_id, text(product.spu_id), text(product.spu_type),
                text(product.title), number(product.resource_type),
                text(product.resource_type_text), yuan(product.price_low),
                number(product.price_low), yuan(product.price_high), number(product.price_high),
                yuan(product.price_line), number(product.price_line), number(product.sale_status),
                text(product.sale_status_text), number(product.is_deleted),
                number(product.is_display), number(product.is_stop_sell), time(product.created_at),
                time(product.source_updated_at)},
      .created_at = product.created_at};
}

}  // namespace tidemark::load
