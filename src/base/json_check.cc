#include "base/json_check.h"

#include <simdjson.h>

#include <bit>
#include <bitset>
#include <vector>

#include "base/bytes.h"
#include "base/json_index_check.h"
#include "base/json_object.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tidemark {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Ticks off required fields while the checker walks.
class RequiredFields {
 public:
  explicit RequiredFields(std::span<const std::string> required)
      : required_(required), found_(required.size(), false) {}

  [[nodiscard]] bool active() const { return !required_.empty(); }
  void enter_object() { path_.emplace_back(); }
  void enter_array() { path_.emplace_back("[]"); }
  void leave() { path_.pop_back(); }
  void name(std::string_view raw) {
    path_.back() = raw.contains('\\') ? json_unescaped(raw) : std::string(raw);
  }
  /// The value of the present name is there; `null` does not count.
  void value(bool is_null) {
    if (is_null || path_.empty()) return;
    std::string dotted;
    for (const std::string& step : path_) {
      if (!dotted.empty()) dotted += '.';
      dotted += step;
    }
    for (std::size_t i = 0; i < required_.size(); ++i) {
      if (required_[i] == dotted) found_[i] = true;
    }
  }
  [[nodiscard]] std::optional<std::string> missing() const {
    for (std::size_t i = 0; i < required_.size(); ++i) {
      if (!found_[i]) return required_[i];
    }
    return std::nullopt;
  }

 private:
  std::span<const std::string> required_;
  std::vector<bool> found_;
  std::vector<std::string> path_;
};

class Checker {
 public:
  Checker(std::string_view text, std::span<const std::string> required)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), fields_(required) {}

  std::optional<JsonFault> run() {
    skip_blanks();
    if (at_ == end_) return fault("empty");
    if (!value()) return fault_;
    while (depth_ > 0) {
      if (!step()) return fault_;
    }
    skip_blanks();
    if (at_ != end_) return fault("something after the value");
    if (fields_.active()) {
      if (std::optional<std::string> name = fields_.missing()) {
        return JsonFault{.reason = "required field is missing", .position = 0, .field = *name};
      }
    }
    return std::nullopt;
  }

 private:
  JsonFault fault(std::string_view reason) const {
    return {.reason = reason, .position = static_cast<std::size_t>(at_ - begin_)};
  }
  bool fails(std::string_view reason) {
    fault_ = fault(reason);
    return false;
  }
  bool unexpected() { return fails(at_ == end_ ? "unexpected end" : "unexpected character"); }

  void skip_blanks() {
    while (at_ != end_ && is_blank(*at_)) ++at_;
  }

  /// Inside a container, after a value or its opening bracket: the next member or element, or the
  /// closing bracket.
  bool step() {
    skip_blanks();
    if (at_ == end_) return unexpected();
    const bool object = is_object_[depth_ - 1];
    if (*at_ == (object ? '}' : ']')) {
      if (after_comma_) return unexpected();
      ++at_;
      --depth_;
      first_ = false;
      if (fields_.active()) fields_.leave();
      return true;
    }
    if (!first_ && !after_comma_) {
      if (*at_ != ',') return unexpected();
      ++at_;
      after_comma_ = true;
      return true;
    }
    first_ = false;
    after_comma_ = false;
    if (object && !member_name()) return false;
    return value();
  }

  bool member_name() {
    if (*at_ != '"') return unexpected();
    const char* start = at_ + 1;
    if (!string()) return false;
    if (fields_.active()) {
      fields_.name(std::string_view(start, static_cast<std::size_t>(at_ - 1 - start)));
    }
    skip_blanks();
    if (at_ == end_ || *at_ != ':') return unexpected();
    ++at_;
    skip_blanks();
    return true;
  }

  bool value() {
    if (at_ == end_) return unexpected();
    const char first = *at_;
    if (fields_.active()) fields_.value(first == 'n');
    switch (first) {
      case '{':
        return open(true);
      case '[':
        return open(false);
      case '"':
        return string();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return number();
    }
  }

  bool open(bool object) {
    if (depth_ == json_depth_max) return fails("nested too deeply");
    is_object_[depth_++] = object;
    ++at_;
    first_ = true;
    after_comma_ = false;
    if (fields_.active()) object ? fields_.enter_object() : fields_.enter_array();
    return true;
  }

  bool literal(std::string_view word) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) {
      return unexpected();
    }
    at_ += word.size();
    return true;
  }

  bool digits() {
    if (at_ == end_ || !is_digit(*at_)) return unexpected();
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
  }

  bool number() {
    if (*at_ == '-') ++at_;
    if (at_ != end_ && *at_ == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!digits()) return false;
    }
    return true;
  }

  /// From the opening quote to behind the closing one. UTF-8 was checked before.
  bool string() {
    ++at_;
    while (true) {
      skip_plain();
      if (at_ == end_) return fails("unexpected end");
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ != '\\') return fails("control character in a string");
      if (!escape()) return false;
    }
  }

  /// To the next quote, backslash or control character, 16 bytes at a time.
  void skip_plain() {
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i last_control = _mm_set1_epi8(0x1f);
    while (end_ - at_ >= 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at_));
      const __m128i special =
          _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)),
                       _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block));
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
      if (mask != 0) {
        at_ += std::countr_zero(mask);
        return;
      }
      at_ += 16;
    }
#endif
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) > 0x1f) {
      ++at_;
    }
  }

  bool escape() {
    ++at_;
    if (at_ == end_) return fails("unexpected end");
    if (*at_ == 'u') {
      ++at_;
      for (int i = 0; i < 4; ++i, ++at_) {
        if (at_ == end_) return fails("unexpected end");
        const char c = *at_;
        if (!is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) {
          return fails("bad \\u escape");
        }
      }
      return true;
    }
    if (!std::string_view("\"\\/bfnrt").contains(*at_)) return fails("bad escape");
    ++at_;
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  RequiredFields fields_;
  std::bitset<json_depth_max> is_object_;
  std::size_t depth_ = 0;
  bool first_ = false;        ///< Right behind an opening bracket.
  bool after_comma_ = false;  ///< A member or element must follow.
  std::optional<JsonFault> fault_;
};

/// Offset of the first byte that is not UTF-8; only called when there is one.
std::size_t invalid_position(std::string_view text) {
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t length = utf8_length(text.substr(position));
    if (length == 0) break;
    position += length;
  }
  return position;
}

}  // namespace

std::optional<JsonFault> check_json(std::string_view text, std::span<const std::string> required) {
  if (required.empty() && is_surely_json(text)) return std::nullopt;
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return JsonFault{.reason = "invalid UTF-8", .position = invalid_position(text)};
  }
  return Checker(text, required).run();
}

}  // namespace tidemark
