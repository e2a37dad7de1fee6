#include "base/json_index_check.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/json_check.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace tidemark {
namespace {

/// One huge payload must not keep its memory for the rest of a run.
constexpr std::size_t capacity_kept_max = 256 << 10;
constexpr std::size_t capacity_min = 16 << 10;

/// simdjson's first stage: proves UTF-8, that strings are closed and have no bare control
/// characters, and finds where each token begins. Its second stage builds a tree that nobody here
/// wants, and refuses numbers that are too long for it. (The class is internal to simdjson, and
/// has been there since 0.5.)
class TokenFinder {
 public:
  /// Where the tokens of `text` begin, in order; none if it is no JSON or there is no memory.
  /// Valid until the next call.
  [[nodiscard]] std::span<const std::uint32_t> find(std::string_view text) {
    if (!has_room(text.size())) return {};
    padded_.assign(text);
    padded_.append(simdjson::SIMDJSON_PADDING, '\0');
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(padded_.data());
    if (scanner_->stage1(bytes, text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) {
      return {};
    }
    return {scanner_->structural_indexes.get(), scanner_->n_structural_indexes};
  }
  /// The text with its padding, until the next find().
  [[nodiscard]] std::string_view padded() const {
    return std::string_view(padded_).substr(0, padded_.size() - simdjson::SIMDJSON_PADDING);
  }
  void give_memory_back() {
    if (capacity_ > capacity_kept_max) *this = TokenFinder();
  }

 private:
  [[nodiscard]] bool has_room(std::size_t bytes) {
    if (scanner_ && bytes <= capacity_) return true;
    const std::size_t wanted = std::max({bytes, capacity_ * 2, capacity_min});
    scanner_.reset();
    capacity_ = 0;
    if (wanted > simdjson::SIMDJSON_MAXSIZE_BYTES ||
        simdjson::get_active_implementation()->create_dom_parser_implementation(
            wanted, json_depth_max, scanner_) != simdjson::SUCCESS) {
      return false;
    }
    capacity_ = wanted;
    return true;
  }

  std::unique_ptr<simdjson::internal::dom_parser_implementation> scanner_;
  std::string padded_;
  std::size_t capacity_ = 0;
};

/// What may follow a number or a word.
constexpr std::array<bool, 256> ends_scalar = [] {
  std::array<bool, 256> ends{};
  for (const char byte : std::string_view(",]} \n\r\t"))
    ends[static_cast<unsigned char>(byte)] = true;
  return ends;
}();

bool is_end(char byte) { return ends_scalar[static_cast<unsigned char>(byte)]; }

/// Whether `at` begins with a plain number, as nearly all are, and what may follow one: up to 15
/// bytes of digits, with or without a point among them. The loops of after_number() guess wrong
/// where each number ends; here nothing has to be guessed. At least 16 bytes can be read.
bool is_short_number([[maybe_unused]] const char* at) {
#ifdef __SSE2__
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  // As signed bytes, '0' … '9' become the ten smallest.
  const __m128i moved = _mm_add_epi8(block, _mm_set1_epi8(static_cast<char>(-128 - '0')));
  const auto digits = static_cast<unsigned>(
      _mm_movemask_epi8(_mm_cmplt_epi8(moved, _mm_set1_epi8(static_cast<char>(-128 + 10)))));
  const unsigned others = ~digits;  // The bits above the 16 are set: countr_zero() finds one.
  const int whole = std::countr_zero(others);
  const int fraction_end = std::countr_zero(others & (others - 1));
  if (fraction_end >= 16) return false;
  const bool has_point = at[whole] == '.';
  const bool good_whole = whole == 1 || (whole > 1 && *at != '0');
  const bool good_fraction = !has_point || fraction_end > whole + 1;
  return good_whole && good_fraction && is_end(at[has_point ? fraction_end : whole]);
#else
  return false;
#endif
}

/// Behind the digits at `at`; nullptr if there are none. A byte that is no digit follows the text.
const char* after_digits(const char* at) {
  const char* const first = at;
  while (*at >= '0' && *at <= '9') ++at;
  return at == first ? nullptr : at;
}

/// Behind the number at `at`; nullptr if it is none.
const char* after_number(const char* at) {
  if (*at == '-') ++at;
  at = *at == '0' ? at + 1 : after_digits(at);
  if (at != nullptr && *at == '.') at = after_digits(at + 1);
  if (at == nullptr || (*at != 'e' && *at != 'E')) return at;
  ++at;
  return after_digits(*at == '+' || *at == '-' ? at + 1 : at);
}

const char* after_word(const char* at, std::string_view word) {
  return std::string_view(at, word.size()) == word ? at + word.size() : nullptr;
}

/// Whether the number or word at `at` is good, and nothing but what ends it follows. The text ends
/// at `end` and has simdjson's padding of NUL.
bool is_scalar(const char* at, const char* end) {
  switch (*at) {
    case 't':
      at = after_word(at, "true");
      break;
    case 'f':
      at = after_word(at, "false");
      break;
    case 'n':
      at = after_word(at, "null");
      break;
    default:
      if (is_short_number(at)) return true;
      at = after_number(at);
      break;
  }
  return at != nullptr && (is_end(*at) || at == end);
}

/// The grammar over the tokens. What stands between two of them is blank, or the rest of a string,
/// a number or a word.
bool is_value(std::string_view text, std::span<const std::uint32_t> tokens) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const std::uint32_t* next = tokens.data();
  const std::uint32_t* const last = next + tokens.size();
  std::bitset<json_depth_max> objects;  // Which of the containers around the present one are.
  std::size_t depth = 0;
  bool object = false;  // The present container is one.
  const auto name_and_colon = [&] {
    if (last - next < 2 || begin[next[0]] != '"' || begin[next[1]] != ':') return false;
    next += 2;
    return true;
  };
  while (next != last) {
    const char* const at = begin + *next++;
    if (*at == '{' || *at == '[') {
      if (depth == json_depth_max) return false;
      objects[depth++] = object;
      object = *at == '{';
      if (next == last) return false;
      if (begin[*next] != (object ? '}' : ']')) {
        if (object && !name_and_colon()) return false;
        continue;
      }
    } else if (*at != '"' && !is_scalar(at, end)) {
      return false;
    }
    // The value is over: brackets that close, then a comma and the next one.
    while (true) {
      if (depth == 0) return next == last;
      if (next == last) return false;
      const char byte = begin[*next++];
      if (byte == ',') break;
      if (byte != (object ? '}' : ']')) return false;
      object = objects[--depth];
    }
    if (object && !name_and_colon()) return false;
  }
  return false;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Outside of strings is_value() has met no backslash: each begins an escape of a string.
bool has_good_escapes(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    if (at + 1 == text.size()) return false;
    if (text[at + 1] != 'u') {
      if (!std::string_view("\"\\/bfnrt").contains(text[at + 1])) return false;
      at += 2;
      continue;
    }
    const std::string_view digits = text.substr(at + 2, 4);
    if (digits.size() != 4 || !std::ranges::all_of(digits, is_hex)) return false;
    at += 6;
  }
  return true;
}

}  // namespace

bool is_surely_json(std::string_view text) {
  thread_local TokenFinder finder;
  const std::span<const std::uint32_t> tokens = finder.find(text);
  const bool valid = !tokens.empty() && is_value(finder.padded(), tokens) && has_good_escapes(text);
  finder.give_memory_back();
  return valid;
}

}  // namespace tidemark
