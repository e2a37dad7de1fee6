#include "load/key_conditions.h"

#include <fmt/format.h>

#include <algorithm>

#include "sql/rows.h"

namespace tidemark::load {
namespace {

/// Few keys are found one by one as fast.
constexpr std::size_t range_keys_min = 16;

/// Texts of these characters have one order everywhere: as their bytes. MySQL compares as if the
/// shorter of two were filled up with blanks, so what sorts before a blank would not do.
bool sorts_alike(const std::string& key) {
  return std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

Result<KeyConditions> key_conditions(sql::Connection& connection, std::string_view table,
                                     const Condition& within, std::string_view column,
                                     std::span<const std::string> keys) {
  KeyConditions found;
  if (keys.size() >= range_keys_min && std::ranges::all_of(keys, sorts_alike)) {
    const auto [first, last] = std::ranges::minmax_element(keys);
    Condition range = within + is_between(column, *first, *last);
    const std::size_t rows_max = 2 * keys.size();
    const Result<std::int64_t> rows = sql::query_number(
        connection,
        fmt::format("SELECT COUNT(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT {}) AS rows_there",
                    table, range.sql, rows_max + 1),
        range.params);
    if (!rows) return fail(rows.error());
    if (*rows == 0) return found;
    if (static_cast<std::size_t>(*rows) <= rows_max) {
      found.conditions.push_back(std::move(range));
      found.range = true;
      return found;
    }
  }
  for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), keys_per_statement_max)))
    found.conditions.push_back(
        within + is_one_of(connection.dialect(), column,
                           keys.first(std::min(keys.size(), keys_per_statement_max))));
  return found;
}

}  // namespace tidemark::load
