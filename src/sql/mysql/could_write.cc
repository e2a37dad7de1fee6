#include "sql/mysql/could_write.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace tidemark::sql {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Takes blanks, comments and opening parentheses off the front. A comment that the server
/// executes (`/*!`, `/*M!`) stays.
std::string_view without_prelude(std::string_view text) {
  while (!text.empty()) {
    const char c = text.front();
    if (std::isspace(static_cast<unsigned char>(c)) != 0 || c == '(') {
      text.remove_prefix(1);
    } else if (text.starts_with("/*") && !text.starts_with("/*!") && !text.starts_with("/*M!")) {
      const std::size_t end = text.find("*/", 2);
      if (end == std::string_view::npos) return {};
      text.remove_prefix(end + 2);
    } else if (c == '#' || text.starts_with("--")) {
      const std::size_t end = text.find('\n');
      if (end == std::string_view::npos) return {};
      text.remove_prefix(end + 1);
    } else {
      break;
    }
  }
  return text;
}

/// The word at the front, in upper case.
std::string take_word(std::string_view& text) {
  std::string word;
  while (!text.empty() && is_word(text.front())) {
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    text.remove_prefix(1);
  }
  return word;
}

/// A WITH may stand before UPDATE and DELETE as well. Words in quotes count too: rather hold back
/// without need.
bool names_a_change(std::string_view text) {
  while (!text.empty()) {
    const std::string word = take_word(text);
    if (word == "UPDATE" || word == "DELETE" || word == "INSERT" || word == "REPLACE") return true;
    if (word.empty()) text.remove_prefix(1);
  }
  return false;
}

}  // namespace

bool could_write(std::optional<std::string_view> statement) {
  if (!statement) return true;
  static constexpr std::array<std::string_view, 10> readers = {
      "SELECT", "SHOW", "EXPLAIN", "DESC", "DESCRIBE", "TABLE", "VALUES", "HELP", "USE", "KILL"};
  std::string_view text = without_prelude(*statement);
  const std::string verb = take_word(text);
  if (verb == "WITH") return names_a_change(text);
  if (verb == "ANALYZE") return could_write(text);  // MariaDB runs what follows.
  return std::ranges::find(readers, verb) == readers.end();
}

}  // namespace tidemark::sql
