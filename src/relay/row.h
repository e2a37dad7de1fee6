#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// What the relay's tables hold, read from a row and made for one. Times are microseconds since
/// 1970.
[[nodiscard]] inline std::string text_at(const sql::Cursor& row, std::size_t column) {
  return std::string(row.at(column).value_or(""));
}

[[nodiscard]] inline std::optional<std::int64_t> optional_number_at(const sql::Cursor& row,
                                                                    std::size_t column) {
  const auto text = row.at(column);
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

[[nodiscard]] inline std::int64_t number_at(const sql::Cursor& row, std::size_t column) {
  return optional_number_at(row, column).value_or(0);
}

[[nodiscard]] inline std::optional<WallTime> optional_time_at(const sql::Cursor& row,
                                                              std::size_t column) {
  const auto number = optional_number_at(row, column);
  if (!number) return std::nullopt;
  return WallTime(std::chrono::microseconds(*number));
}

[[nodiscard]] inline WallTime time_at(const sql::Cursor& row, std::size_t column) {
  return optional_time_at(row, column).value_or(WallTime{});
}

[[nodiscard]] inline sql::Value time_value(WallTime time) {
  return time.time_since_epoch().count();
}

[[nodiscard]] inline sql::Value time_value(std::optional<WallTime> time) {
  if (!time) return std::monostate{};
  return time_value(*time);
}

[[nodiscard]] inline sql::Value number_value(std::optional<std::int64_t> number) {
  if (!number) return std::monostate{};
  return *number;
}

/// The parameters of a statement. A braced list of them would copy each text twice.
template <class... Parts>
[[nodiscard]] sql::Values values(Parts&&... parts) {
  sql::Values all;
  all.reserve(sizeof...(parts));
  (all.emplace_back(std::forward<Parts>(parts)), ...);
  return all;
}

/// 0, which no HTTP status is, becomes NULL.
[[nodiscard]] inline sql::Value status_value(std::optional<int> status) {
  if (!status || *status == 0) return std::monostate{};
  return std::int64_t{*status};
}

}  // namespace tidemark::relay
