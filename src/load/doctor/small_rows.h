#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::load {

using Rows = std::vector<std::vector<std::string>>;

/// All rows, NULL as an empty text. For answers of a few rows. Errors: those of Connection.
[[nodiscard]] inline Result<Rows> rows_of(sql::Connection& connection, std::string_view sql) {
  Result<std::unique_ptr<sql::Cursor>> cursor = connection.query(sql);
  if (!cursor) return fail(std::move(cursor).error());
  Rows rows;
  while (true) {
    const Result<bool> more = (*cursor)->next();
    if (!more) return fail(more.error());
    if (!*more) return rows;
    std::vector<std::string> row;
    for (std::size_t i = 0; i < (*cursor)->columns(); ++i)
      row.emplace_back((*cursor)->at(i).value_or(""));
    rows.push_back(std::move(row));
  }
}

}  // namespace tidemark::load
