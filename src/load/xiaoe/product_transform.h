#pragma once

#include "load/code_table.h"
#include "load/product.h"

namespace tidemark::load::xiaoe {

/// Rows of xe.goods.list.get/4.0.0: prices are in fen. Pictures are left to the raw layer.
class ProductTransform final : public RecordTransform<Product> {
 public:
  explicit ProductTransform(CodeTexts texts) : tables_(code_tables(texts)) {}
  [[nodiscard]] Result<Product> transform(std::string_view payload,
                                          std::vector<UnknownCode>& unknown) const override;

 private:
  CodeTables tables_;
};

}  // namespace tidemark::load::xiaoe
