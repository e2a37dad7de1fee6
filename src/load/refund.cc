#include "load/refund.h"

#include "load/cell.h"

namespace tidemark::load {

using namespace cell;

TableRow row_of(const Refund& refund) {
  return {.cells = {refund.aftersale_id,
                    refund.order_id,
                    text(refund.user_id),
                    number(refund.state),
                    text(refund.state_text),
                    number(refund.sale_type),
                    text(refund.sale_type_text),
                    yuan(refund.apply_refund_money),
                    number(refund.apply_refund_money),
                    yuan(refund.refund_money),
                    number(refund.refund_money),
                    yuan(refund.actual_fee),
                    number(refund.actual_fee),
                    yuan(refund.original_price),
                    number(refund.original_price),
                    text(refund.reason),
                    text(refund.state_reason),
                    text(refund.remark),
                    text(refund.merchant_remark),
                    text(refund.goods_text),
                    number(refund.goods_count),
                    refund.created_at.text(),
                    time(refund.refund_time),
                    time(refund.source_updated_at)},
          .created_at = refund.created_at};
}

}  // namespace tidemark::load
