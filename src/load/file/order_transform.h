#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "base/civil_time.h"
#include "load/code_table.h"
#include "load/order.h"

namespace tidemark::load::file {

/// The clock by which the warehouse keeps the times of orders that came from files.
inline constexpr std::chrono::hours warehouse_offset{8};

/// The rows of one order in a file: `{"source":LAYOUT,"rows":[ROW,…]}`, with `"set_aside":REASON`
/// for an order that the file does not tell whole. A value of the order as a whole may stand on
/// any of its rows, but not two different ones. Its lines become items; without a price of the
/// whole it is the sum of theirs. A word for a state becomes the code of those that Tidemark knows,
/// or -1 and is reported; the word itself is kept as the text. A number is a code of the warehouse,
/// which has those of Xiaoe's list of orders whatever the platform, and gets its text.
class FileOrderTransform final : public OrderTransform {
 public:
  explicit FileOrderTransform(CodeTexts texts = CodeTexts::usual) : tables_(code_tables(texts)) {}
  [[nodiscard]] Result<Order> transform(std::string_view payload,
                                        std::vector<UnknownCode>& unknown) const override;

 private:
  const CodeTables tables_;
};

/// The newest `updated_at` of the rows, by the warehouse's clock; nullopt if they have none.
[[nodiscard]] std::optional<CivilTime> updated_at(std::string_view payload);

/// `2025-01-31`, `2025/01/31 08:30`, `2025-01-31T08:30:00Z`, `2025-01-31 08:30:00 -0500`, …, by the
/// warehouse's clock; `zone` is meant where the text names none. nullopt for anything else.
[[nodiscard]] std::optional<CivilTime> time_of(std::string_view text, std::chrono::minutes zone);
/// `Z`, ` UTC`, `+08:00`, `-0500`; nullopt for anything else.
[[nodiscard]] std::optional<std::chrono::minutes> zone_of(std::string_view text);

}  // namespace tidemark::load::file
