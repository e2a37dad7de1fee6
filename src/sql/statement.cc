#include "sql/statement.h"

#include <algorithm>

namespace tidemark::sql {
namespace {

/// Where the quoted text that starts at `begin` ends: the position behind the closing quote. A
/// doubled quote is seen as two quoted texts in a row, which comes to the same.
std::size_t skip_quoted(std::string_view sql, std::size_t begin, bool backslash_escapes) {
  const char quote = sql[begin];
  for (std::size_t i = begin + 1; i < sql.size(); ++i) {
    if (sql[i] == quote) return i + 1;
    if (backslash_escapes && sql[i] == '\\') ++i;
  }
  return sql.size();
}

std::size_t skip_to(std::string_view sql, std::size_t from, std::string_view end) {
  const std::size_t found = sql.find(end, from);
  return found == std::string_view::npos ? sql.size() : found + end.size();
}

}  // namespace

std::vector<std::string_view> split_at_placeholders(std::string_view sql, Dialect dialect) {
  const bool mysql = dialect == Dialect::mysql;
  std::vector<std::string_view> pieces;
  std::size_t piece = 0;
  std::size_t i = 0;
  while (i < sql.size()) {
    const char c = sql[i];
    const std::string_view here = sql.substr(i);
    if (c == '?') {
      pieces.push_back(sql.substr(piece, i - piece));
      piece = ++i;
    } else if (c == '\'' || c == '"' || (c == '`' && dialect != Dialect::postgres)) {
      i = skip_quoted(sql, i, mysql && c != '`');
    } else if (here.starts_with("--") || (mysql && c == '#')) {
      i = skip_to(sql, i, "\n");
    } else if (here.starts_with("/*")) {
      i = skip_to(sql, i + 2, "*/");
    } else {
      ++i;
    }
  }
  pieces.push_back(sql.substr(piece));
  return pieces;
}

std::string excerpt(std::string_view sql) {
  constexpr std::size_t bytes_max = 160;
  std::string text;
  for (const char c : sql) {
    const bool blank = static_cast<unsigned char>(c) <= ' ';
    if (blank && (text.empty() || text.back() == ' ')) continue;
    text += blank ? ' ' : c;
    if (text.size() > bytes_max) {
      // Not inside a character: bytes 10xxxxxx continue one.
      std::size_t cut = bytes_max;
      while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
      return text.substr(0, cut) + "…";
    }
  }
  return text;
}

std::string outline(std::string_view sql) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_word = [&](char c) {
    return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  std::string text;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '\'' || sql[i] == '"' || sql[i] == '$') return excerpt(text) + "…";
    if (is_digit(sql[i]) && (text.empty() || !is_word(text.back()))) {
      text += '?';
      while (i + 1 < sql.size() && is_word(sql[i + 1])) ++i;  // 0x1f and 1e9 too.
    } else {
      text += sql[i];
    }
  }
  return excerpt(text);
}

Error wrong_parameter_count(std::string_view sql, std::size_t wanted, std::size_t given) {
  return make_error(ErrorKind::query,
                    {"the statement has {} placeholders, {} values were given: {}",
                     "语句有 {} 个占位符，却给了 {} 个值：{}"},
                    wanted, given, excerpt(sql));
}

}  // namespace tidemark::sql
