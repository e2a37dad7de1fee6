#include "cli/wrap.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace tidemark::cli {
namespace {

using namespace std::literals;

/// May not begin a line (a small part of the Chinese rules of line breaking, 避头尾).
constexpr std::array closing = {"，"sv, "。"sv, "、"sv, "；"sv, "："sv, "？"sv,
                                "！"sv, "）"sv, "”"sv,  "》"sv, "」"sv};

std::size_t character_length(std::string_view text) {
  return std::max<std::size_t>(1, utf8_length(text));
}

bool is_wide(std::string_view character) {
  return character.size() > 1 && display_width(character) == 2;
}

/// The piece at the front of `text` that is not broken: a word, or one wide character with the
/// closing punctuation behind it.
std::string_view next_piece(std::string_view text) {
  std::size_t end = character_length(text);
  bool may_end = is_wide(text.substr(0, end));
  while (end < text.size()) {
    const std::string_view character = text.substr(end, character_length(text.substr(end)));
    const bool closes = std::ranges::find(closing, character) != closing.end();
    if (character == " " || (!closes && (may_end || is_wide(character)))) break;
    may_end = may_end || closes;
    end += character.size();
  }
  return text.substr(0, end);
}

}  // namespace

std::string wrap(std::string_view text, std::size_t columns, std::size_t indent) {
  std::string lines;
  std::size_t column = indent;
  bool blank = false;
  while (!text.empty()) {
    if (text.front() == ' ') {
      blank = column > indent;
      text.remove_prefix(1);
      continue;
    }
    const std::string_view piece = next_piece(text);
    const std::size_t width = display_width(piece);
    if (column > indent && column + (blank ? 1 : 0) + width > columns) {
      lines += '\n';
      lines.append(indent, ' ');
      column = indent;
    } else if (blank) {
      lines += ' ';
      ++column;
    }
    lines += piece;
    column += width;
    blank = false;
    text.remove_prefix(piece.size());
  }
  return lines;
}

std::string pad(std::string_view text, std::size_t columns) {
  std::string padded(text);
  const std::size_t width = display_width(text);
  if (width < columns) padded.append(columns - width, ' ');
  return padded;
}

}  // namespace tidemark::cli
