#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sql/value.h"

namespace tidemark::exporter {

/// The primary key of a row. A single integer stays an integer (small, fast, sorted by value);
/// everything else is text, several columns joined by `|` (with `|` and `%` percent-encoded).
class Key {
 public:
  Key() = default;
  explicit Key(std::int64_t number) : value_(number) {}
  explicit Key(std::string text) : value_(std::move(text)) {}

  /// From the columns as the server writes them. `integer`: the key is one integer column.
  [[nodiscard]] static Key from_columns(const std::vector<std::string_view>& columns, bool integer);
  /// From what a person typed or a file holds.
  [[nodiscard]] static Key from_text(std::string_view text, bool integer);

  /// One value for each of the key's `columns`, to compare with in SQL.
  [[nodiscard]] std::vector<sql::Value> values(std::size_t columns) const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  [[nodiscard]] std::int64_t number() const { return std::get<std::int64_t>(value_); }

  friend auto operator<=>(const Key&, const Key&) = default;
  friend bool operator==(const Key&, const Key&) = default;

 private:
  std::variant<std::int64_t, std::string> value_;
};

}  // namespace tidemark::exporter
