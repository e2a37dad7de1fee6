#include "export/reference_json.h"

#include <algorithm>

#include "base/bytes.h"

namespace tidemark::exporter {
namespace {

/// Takes the digits off the front; how many.
std::size_t take_digits(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(digits);
  return digits;
}

}  // namespace

bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t digits = take_digits(text);
  if (digits == 0 || (zero && digits > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (take_digits(text) == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (take_digits(text) == 0) return false;
  }
  return text.empty();
}

void append_json_text(std::string& out, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

Result<void> append_json_value(std::string& out, const sql::Column& column,
                               std::optional<std::string_view> value) {
  if (!value) {
    out += "null";
    return {};
  }
  if (column.type == sql::ColumnType::binary) {
    append_json_text(out, hex(*value));
    return {};
  }
  if (!is_utf8(*value)) {
    return fail(ErrorKind::rejected, {"column {}: not UTF-8: {}", "列 {}：不是 UTF-8：{}"},
                column.name, printable(*value));
  }
  switch (column.type) {
    case sql::ColumnType::integer:
    case sql::ColumnType::decimal:
    case sql::ColumnType::floating:
      if (is_json_number(*value)) {
        out += *value;
        return {};
      }
      break;
    case sql::ColumnType::json:
      out += *value;
      return {};
    case sql::ColumnType::text:
    case sql::ColumnType::binary:
    case sql::ColumnType::date:
    case sql::ColumnType::datetime:
    case sql::ColumnType::other:
      break;
  }
  if (column.declared == "boolean" || column.declared == "bool") {
    if (*value == "t" || *value == "f") {
      out += *value == "t" ? "true" : "false";
      return {};
    }
  }
  append_json_text(out, *value);
  return {};
}

}  // namespace tidemark::exporter
