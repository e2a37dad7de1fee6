#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/connection.h"
#include "sql/rows.h"

namespace tidemark::load {

using Rows = std::vector<std::vector<std::string>>;

/// All rows, NULL as an empty text. For answers of a few rows. Errors: those of Connection.
[[nodiscard]] inline Result<Rows> rows_of(sql::Connection& connection, std::string_view sql) {
  return sql::all_rows(connection.query(sql), [](const sql::Cursor& cursor) {
    std::vector<std::string> row;
    for (std::size_t i = 0; i < cursor.columns(); ++i) row.emplace_back(cursor.at(i).value_or(""));
    return row;
  });
}

}  // namespace tidemark::load
