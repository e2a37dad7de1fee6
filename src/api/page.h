#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace tidemark::api {

/// Splits off what was read beyond a page to know whether there is another one: lists ask for
/// limit + 1. True: there is more.
template <class Row>
[[nodiscard]] bool cut_page(std::vector<Row>& rows, std::int64_t limit) {
  if (std::ssize(rows) <= limit) return false;
  rows.resize(static_cast<std::size_t>(limit));
  return true;
}

/// `{"data":[…],"next_cursor":…}` of finished JSON texts.
[[nodiscard]] inline std::string page_text(const std::vector<std::string>& rows,
                                           const std::optional<std::string>& next_cursor) {
  std::string text = R"({"data":[)";
  for (const std::string& row : rows) {
    if (text.back() != '[') text += ',';
    text += row;
  }
  text += R"(],"next_cursor":)";
  text += next_cursor ? '"' + *next_cursor + '"' : "null";
  return text + '}';
}

template <class Value>
[[nodiscard]] nlohmann::ordered_json or_null(const std::optional<Value>& value) {
  if (!value) return nullptr;
  return *value;
}

[[nodiscard]] inline nlohmann::ordered_json or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return text;
}

}  // namespace tidemark::api
