#pragma once

#include "load/code_table.h"
#include "load/order.h"

namespace tidemark::load::xiaoe {

/// Rows of xe.order.list.get/1.0.1: `price` is in yuan, `coupon_price` and `refund_money` in fen;
/// numbers may come as text, "" and null mean none; a zero date means that it did not happen.
/// `discount_price` and `goods_img` are left out (their unit is unknown), and so is what names the
/// receiver; the raw layer has them.
class XiaoeOrderTransform final : public OrderTransform {
 public:
  explicit XiaoeOrderTransform(CodeTexts texts) : tables_(code_tables(texts)) {}
  [[nodiscard]] Result<Order> transform(std::string_view payload,
                                        std::vector<UnknownCode>& unknown) const override;

 private:
  CodeTables tables_;
};

}  // namespace tidemark::load::xiaoe
