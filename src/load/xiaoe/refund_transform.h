#pragma once

#include "load/refund.h"

namespace tidemark::load::xiaoe {

/// Rows of xe.ecommerce.after_sale.list/1.0.0: all amounts are in fen. The texts of state and type
/// are the shop's own where it sends them.
class RefundTransform final : public RecordTransform<Refund> {
 public:
  [[nodiscard]] Result<Refund> transform(std::string_view payload,
                                         std::vector<UnknownCode>& unknown) const override;
};

}  // namespace tidemark::load::xiaoe
