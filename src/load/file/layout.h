#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/file/field.h"
#include "load/file/row_reader.h"

namespace tidemark::load::file {

/// How an order file is to be read. It is kept with every row in the raw layer, so that a row
/// means the same whenever tables are derived again.
struct Layout {
  Format format = Format::csv;
  std::string header{};  ///< The first row as it stands; empty for NDJSON.
  FieldMap map{};
  bool amounts_in_fen = false;
  /// Values that stand for none, such as `NULL` and `\N`.
  std::vector<std::string> nulls{};
  /// Of times that name none: what their clock is ahead of UTC.
  std::chrono::minutes zone = std::chrono::hours(8);
};

/// `{"format":"csv","header":"…","map":{"price":"Total"},"unit":"yuan","zone":480}`, and before its
/// end `"null":["NULL"]` if there are such.
[[nodiscard]] std::string layout_json(const Layout& layout);
/// `text` must have passed check_json(). nullopt: layout_json() did not write that.
[[nodiscard]] std::optional<Layout> parse_layout(std::string_view text);

/// One row of a file, in the text form that the raw layer keeps: CSV and TSV as a JSON string,
/// NDJSON as the object itself, what is no JSON as a string, what is no UTF-8 as
/// `["base64","…"]`.
[[nodiscard]] std::string row_json(const Layout& layout, std::string_view row);

/// The values of a row under the names of their columns.
struct Row {
  std::vector<std::string> columns{};  ///< NDJSON only: of this row.
  std::vector<std::string> values{};   ///< Of a nested value its JSON text; of null nothing.
};
/// `row` as row_json() wrote it. Errors: rejected: it cannot be read, and why.
[[nodiscard]] Result<Row> row_of(const Layout& layout, std::string_view row);

}  // namespace tidemark::load::file
