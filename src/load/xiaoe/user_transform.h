#pragma once

#include "load/user.h"

namespace tidemark::load::xiaoe {

/// Rows of xe.user.batch.get/2.0.0; `pay_sum` is in fen. Telephone numbers, avatar and WeChat ids
/// are left to the raw layer.
class UserTransform final : public RecordTransform<load::User> {
 public:
  [[nodiscard]] Result<load::User> transform(std::string_view payload,
                                             std::vector<UnknownCode>& unknown) const override;
};

}  // namespace tidemark::load::xiaoe
