#include "sql/identifier.h"

namespace tidemark::sql {

std::pair<std::string, std::string> split_identifier(std::string_view identifier) {
  const std::size_t dot = identifier.find('.');
  if (dot == std::string_view::npos) return {"", std::string(identifier)};
  return {std::string(identifier.substr(0, dot)), std::string(identifier.substr(dot + 1))};
}

std::string quoted_identifier(std::string_view identifier, char quote) {
  const auto append = [quote](std::string& text, std::string_view name) {
    text += quote;
    for (const char c : name) {
      if (c == quote) text += quote;
      text += c;
    }
    text += quote;
  };
  const auto [schema, table] = split_identifier(identifier);
  std::string text;
  if (!schema.empty()) {
    append(text, schema);
    text += '.';
  }
  append(text, table);
  return text;
}

}  // namespace tidemark::sql
