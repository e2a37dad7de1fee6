#include "load/sheet/csv_cell.h"

#include <algorithm>
#include <array>

namespace tidemark::load {
namespace {

bool may_be_a_formula(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  constexpr std::array<std::string_view, 8> starts = {"=", "+", "-", "@", "＝", "＋", "－", "＠"};
  if (text.empty()) return false;
  if (blanks.substr(1).contains(text.front())) return true;
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return false;
  return std::ranges::any_of(
      starts, [&](std::string_view start) { return text.substr(first).starts_with(start); });
}

/// No number, date or truth value has an underscore, and the shop's own ids have one.
bool may_be_a_number_or_date(std::string_view id) { return !id.empty() && !id.contains('_'); }

}  // namespace

void append_csv_cell(std::string& out, const std::optional<std::string>& value, CellKind kind,
                     CsvStyle style) {
  if (!value) return;
  std::string_view prefix;
  if (style == CsvStyle::spreadsheet && (kind == CellKind::id || kind == CellKind::text)) {
    if (may_be_a_formula(*value))
      prefix = "'";
    else if (kind == CellKind::id && may_be_a_number_or_date(*value))
      prefix = "\t";
  }
  if (style == CsvStyle::spreadsheet && kind == CellKind::word && may_be_a_formula(*value))
    prefix = "\t";
  if (prefix.empty() && value->find_first_of("\",\r\n") == std::string::npos) {
    out += *value;
    return;
  }
  out += '"';
  out += prefix;
  for (const char letter : *value) {
    if (letter == '"') out += '"';
    out += letter;
  }
  out += '"';
}

}  // namespace tidemark::load
