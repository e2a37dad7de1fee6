#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/parse_integer.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::sql {

// What is done with the answer to a statement, again and again. All wait on the database; their
// errors are those of the cursor.

/// Hands each row to `take`, which may return a Result<void>: its error ends the reading.
template <class Take>
[[nodiscard]] Result<void> each_row(Result<std::unique_ptr<Cursor>> cursor, Take take) {
  if (!cursor) return fail(std::move(cursor));
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return {};
    if constexpr (std::is_void_v<std::invoke_result_t<Take&, const Cursor&>>)
      take(std::as_const(**cursor));
    else if (Result<void> taken = take(std::as_const(**cursor)); !taken)
      return taken;
  }
}

/// What `read` makes of each row.
template <class Read>
[[nodiscard]] auto all_rows(Result<std::unique_ptr<Cursor>> cursor, Read read)
    -> Result<std::vector<std::invoke_result_t<Read&, const Cursor&>>> {
  std::vector<std::invoke_result_t<Read&, const Cursor&>> rows;
  Result<void> done =
      each_row(std::move(cursor), [&](const Cursor& row) { rows.push_back(read(row)); });
  if (!done) return fail(std::move(done));
  return rows;
}

/// What `read` makes of the first row; nullopt if there is none. The rest is not read.
template <class Read>
[[nodiscard]] auto first_row(Result<std::unique_ptr<Cursor>> cursor, Read read)
    -> Result<std::optional<std::invoke_result_t<Read&, const Cursor&>>> {
  using Row = std::optional<std::invoke_result_t<Read&, const Cursor&>>;
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  return *row ? Row(read(std::as_const(**cursor))) : Row();
}

/// The number in the first column of the first row; 0 without a row, and for NULL.
[[nodiscard]] inline Result<std::int64_t> query_number(Connection& connection, std::string_view sql,
                                                       std::span<const Value> params = {}) {
  const auto number = first_row(connection.query(sql, params), [](const Cursor& row) {
    return parse_integer(row.at(0).value_or("")).value_or(0);
  });
  if (!number) return fail(number.error());
  return number->value_or(0);
}

/// Runs a statement whose count of rows does not matter.
[[nodiscard]] inline Result<void> write(Connection& connection, std::string_view sql,
                                        std::span<const Value> params = {}) {
  const Result<std::int64_t> written = connection.execute(sql, params);
  if (!written) return fail(written.error());
  return {};
}

}  // namespace tidemark::sql
