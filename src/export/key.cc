#include "export/key.h"

#include <fmt/format.h>

#include "base/parse_integer.h"

namespace tidemark::exporter {

Key Key::from_columns(const std::vector<std::string_view>& columns, bool integer) {
  if (const auto number = parse_integer(columns.front()); integer && number) return Key(*number);
  if (columns.size() == 1) return Key(std::string(columns.front()));
  std::string text;
  for (const std::string_view& column : columns) {
    if (&column != &columns.front()) text += '|';
    for (const char c : column) {
      if (c == '|') {
        text += "%7C";
      } else if (c == '%') {
        text += "%25";
      } else {
        text += c;
      }
    }
  }
  return Key(std::move(text));
}

Key Key::from_text(std::string_view text, bool integer) {
  if (const auto number = parse_integer(text); integer && number) return Key(*number);
  return Key(std::string(text));
}

std::vector<sql::Value> Key::values(std::size_t columns) const {
  if (is_integer()) return {number()};
  const std::string& text = std::get<std::string>(value_);
  if (columns == 1) return {text};
  std::vector<sql::Value> values;
  std::string part;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '|') {
      values.emplace_back(std::move(part));
      part.clear();
    } else if (text[i] == '%' && i + 2 < text.size()) {
      part += text[i + 1] == '7' ? '|' : '%';
      i += 2;
    } else {
      part += text[i];
    }
  }
  values.resize(columns);
  return values;
}

std::string Key::text() const {
  return is_integer() ? fmt::format("{}", number()) : std::get<std::string>(value_);
}

}  // namespace tidemark::exporter
