#include "export/reference_json.h"

#include "base/bytes.h"
#include "base/json_text.h"

namespace tidemark::exporter {
void append_reference_text(std::string& out, std::string_view text) {
  append_json_text(out, text, {.short_line_feed = true});
}

Result<void> append_json_value(std::string& out, const sql::Column& column,
                               std::optional<std::string_view> value) {
  if (!value) {
    out += "null";
    return {};
  }
  if (column.type == sql::ColumnType::binary) {
    append_reference_text(out, hex(*value));
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
  append_reference_text(out, *value);
  return {};
}

}  // namespace tidemark::exporter
