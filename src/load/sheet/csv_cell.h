#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "load/sheet/sheet.h"

namespace tidemark::load {

enum class CsvStyle {
  /// For people who open the file in Excel or WPS: ids that could pass for a number or a date get a
  /// tab in front, and texts that could pass for a formula an apostrophe.
  spreadsheet,
  /// For programs: every value as it is.
  plain,
};

/// Appends a field (RFC 4180), in quotes where needed.
///
/// A text that begins with `=`, `+`, `-`, `@` (also their full-width forms, also behind blanks), a
/// tab or a line break would be run as a formula by a spreadsheet: a shop's customers choose such
/// texts (OWASP, CSV injection). An id of digits would lose its zeros and all digits behind the
/// fifteenth, and `MAR1` become a day.
void append_csv_cell(std::string& out, const std::optional<std::string>& value, CellKind kind,
                     CsvStyle style);

}  // namespace tidemark::load
