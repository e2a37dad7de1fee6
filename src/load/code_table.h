#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tidemark::load {

struct CodeText {
  std::int64_t code;
  std::string_view text;
};

/// Which texts stand beside the codes: those that users of the old script have in their tables, or
/// those of the official page of the filters.
enum class CodeTexts { usual, official };
/// By the value of `load.texts`.
[[nodiscard]] constexpr CodeTexts code_texts_named(std::string_view name) {
  return name == "official" ? CodeTexts::official : CodeTexts::usual;
}

/// What the codes of Xiaoe's API mean, as data; the warehouse has them whatever the platform. A
/// code that is not listed has no text.
struct CodeTables {
  std::span<const CodeText> order_state;
  std::span<const CodeText> ship_state;
  std::span<const CodeText> resource_type;
};
[[nodiscard]] CodeTables code_tables(CodeTexts texts);

/// Of after-sales, goods and live streams, for which one list of texts is known.
[[nodiscard]] std::span<const CodeText> aftersale_states();
[[nodiscard]] std::span<const CodeText> aftersale_types();
[[nodiscard]] std::span<const CodeText> goods_sale_states();
[[nodiscard]] std::span<const CodeText> alive_types();
[[nodiscard]] std::span<const CodeText> alive_states();
[[nodiscard]] std::span<const CodeText> alive_shelf_states();

/// Empty: not listed.
[[nodiscard]] std::string_view text_of(std::span<const CodeText> table, std::int64_t code);

}  // namespace tidemark::load
