#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/schema.h"

namespace tidemark::exporter {

/// Appends one value of a row as JSON, exactly as the server wrote it: numbers digit for digit
/// (what JSON has no number for, such as NaN, as text), booleans, JSON columns as they are, bytes
/// in hexadecimal, all else as text. Only `"`, `\` and control characters are escaped. Errors:
/// rejected when a text is not UTF-8.
[[nodiscard]] Result<void> append_json_value(std::string& out, const sql::Column& column,
                                             std::optional<std::string_view> value);

/// Appends `text`, which must be UTF-8, as a JSON string; line feeds as `\n`.
void append_reference_text(std::string& out, std::string_view text);

}  // namespace tidemark::exporter
