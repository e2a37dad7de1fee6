#include "http/json_tree.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "http/python_text.h"

namespace tidemark::http {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_high_surrogate(char32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(char32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

/// Recursive descent over text that is valid UTF-8. Each function starts at the first character
/// of what it reads and ends behind the last, or notes a fault and says false.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<JsonTree> run() {
    JsonTree tree;
    skip_blanks();
    if (value(tree, 0)) {
      skip_blanks();
      if (at_ == text_.size()) return tree;
      (void)fails({"something follows the value", "值之后还有多余内容"});
    }
    return fail(std::move(*fault_).within(
        {"not JSON for Python, byte {}", "不是 Python 可读的 JSON，第 {} 字节"}, at_));
  }

 private:
  bool fails(Text<> reason) {
    fault_ = make_error(ErrorKind::rejected, reason);
    return false;
  }

  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] bool next_is(char c) const { return !at_end() && text_[at_] == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(" \t\n\r", at_), text_.size()); }

  bool value(JsonTree& tree, std::size_t depth) {
    if (at_end()) return fails({"unexpected end", "内容意外结束"});
    switch (text_[at_]) {
      case '{':
        return object(tree.value.emplace<JsonTree::Object>(), depth + 1);
      case '[':
        return array(tree.value.emplace<JsonTree::Array>(), depth + 1);
      case '"': {
        std::string text;
        if (!string(text)) return false;
        append_python_string(tree.value.emplace<std::string>(), text);
        return true;
      }
      default:
        return literal(tree) || number(tree);
    }
  }

  bool opens(std::size_t depth) {
    ++at_;
    skip_blanks();
    return depth <= json_nesting_max || fails({"nested more than 1,000 deep", "嵌套超过 1,000 层"});
  }

  bool object(JsonTree::Object& members, std::size_t depth) {
    if (!opens(depth)) return false;
    if (take('}')) return true;
    do {
      skip_blanks();
      if (!next_is('"')) return fails({"a name in quotes is missing", "缺少带引号的名称"});
      JsonMember& member = members.emplace_back();
      if (!string(member.name)) return false;
      skip_blanks();
      if (!take(':')) return fails({"a colon is missing", "缺少冒号"});
      skip_blanks();
      if (!value(member.tree, depth)) return false;
      skip_blanks();
    } while (take(','));
    return take('}') || fails({"the object is not closed", "对象没有结束"});
  }

  bool array(JsonTree::Array& elements, std::size_t depth) {
    if (!opens(depth)) return false;
    if (take(']')) return true;
    do {
      skip_blanks();
      if (!value(elements.emplace_back(), depth)) return false;
      skip_blanks();
    } while (take(','));
    return take(']') || fails({"the array is not closed", "数组没有结束"});
  }

  bool literal(JsonTree& tree) {
    for (const std::string_view word : {"true", "false", "null", "NaN", "Infinity", "-Infinity"}) {
      if (take(word)) {
        tree.value.emplace<std::string>(word);
        return true;
      }
    }
    return false;
  }

  bool number(JsonTree& tree) {
    const std::size_t begin = at_;
    (void)take('-');
    const std::size_t first = at_;
    if (!take('0') && !digits()) return fails({"unexpected character", "意外的字符"});
    const std::size_t integer_digits = at_ - first;
    bool is_float = false;
    if (take('.')) {
      is_float = true;
      if (!digits()) return fails({"a digit is missing", "缺少数字"});
    }
    if (take('e') || take('E')) {
      is_float = true;
      if (!take('+')) (void)take('-');
      if (!digits()) return fails({"a digit is missing", "缺少数字"});
    }
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (is_float) {
      tree.value.emplace<std::string>(python_float(text));
      return true;
    }
    if (integer_digits > python_integer_digits_max) {
      return fails({"an integer of more than 4,300 digits", "整数超过 4,300 位"});
    }
    tree.value.emplace<std::string>(text == "-0" ? "0" : text);
    return true;
  }

  bool digits() {
    const std::size_t begin = at_;
    while (!at_end() && is_digit(text_[at_])) ++at_;
    return at_ != begin;
  }

  bool string(std::string& out) {
    ++at_;
    while (!at_end()) {
      const char c = text_[at_];
      if (take('"')) return true;
      if (take('\\')) {
        if (!escape(out)) return false;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        return fails({"control character in a string", "字符串中有控制字符"});
      } else {
        out += c;
        ++at_;
      }
    }
    return fails({"the string is not closed", "字符串没有结束"});
  }

  bool escape(std::string& out) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (take('u')) return unicode_escape(out);
    const std::size_t found = at_end() ? std::string_view::npos : letters.find(text_[at_]);
    if (found == std::string_view::npos) return fails({"unknown escape", "未知的转义"});
    ++at_;
    out += meanings[found];
    return true;
  }

  /// Behind `\u`. A high surrogate followed by the escape of a low one is one character; a lone
  /// surrogate stays one, as in Python.
  bool unicode_escape(std::string& out) {
    auto unit = four_hex_digits();
    if (!unit) return fails({"\\u needs four hexadecimal digits", "\\u 之后须有四位十六进制数字"});
    if (is_high_surrogate(*unit)) {
      const std::size_t behind = at_;
      const auto low = take("\\u") ? four_hex_digits() : std::nullopt;
      if (low && is_low_surrogate(*low)) {
        unit = 0x10000 + ((*unit & 0x3ff) << 10 | (*low & 0x3ff));
      } else {
        at_ = behind;
      }
    }
    append_wtf8(out, *unit);
    return true;
  }

  std::optional<char32_t> four_hex_digits() {
    if (text_.size() - at_ < 4) return std::nullopt;
    char32_t unit = 0;
    for (const char c : text_.substr(at_, 4)) {
      if (is_digit(c)) {
        unit = unit << 4 | static_cast<char32_t>(c - '0');
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        unit = unit << 4 | static_cast<char32_t>((c | 0x20) - 'a' + 10);
      } else {
        return std::nullopt;
      }
    }
    at_ += 4;
    return unit;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<Error> fault_;
};

}  // namespace

Result<JsonTree> parse_json_tree(std::string_view text) {
  if (!is_utf8(text)) return fail(ErrorKind::rejected, {"not UTF-8", "不是 UTF-8"});
  return Reader(text).run();
}

}  // namespace tidemark::http
