#include "http/headers.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"

namespace tidemark::http {
namespace {

[[nodiscard]] constexpr char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr auto token_characters = [] {
  std::array<bool, 256> fits{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"))
    fits[static_cast<unsigned char>(c)] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) fits[c] = true;
  return fits;
}();

[[nodiscard]] constexpr bool is_token_character(char c) {
  return token_characters[static_cast<unsigned char>(c)];
}

}  // namespace

void Headers::add(std::string_view name, std::string_view value) {
  const std::size_t end = text_.size() + name.size() + value.size();
  check(end <= std::numeric_limits<std::uint32_t>::max(), "header fields below 4 GiB");
  const auto begin = static_cast<std::uint32_t>(text_.size());
  spans_.push_back({.name = begin,
                    .value = begin + static_cast<std::uint32_t>(name.size()),
                    .end = static_cast<std::uint32_t>(end)});
  text_.append(name).append(value);
}

void Headers::clear() {
  text_.clear();
  spans_.clear();
}

Headers::Field Headers::at(std::size_t index) const {
  const Span& span = spans_.at(index);
  const std::string_view text = text_;
  return {.name = text.substr(span.name, span.value - span.name),
          .value = text.substr(span.value, span.end - span.value)};
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (std::size_t index = 0; index < size(); ++index) {
    const Field field = at(index);
    if (equal_fold(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
  std::size_t found = 0;
  for (std::size_t index = 0; index < size(); ++index)
    if (equal_fold(at(index).name, name)) ++found;
  return found;
}

bool equal_fold(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](char left, char right) { return folded(left) == folded(right); });
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

}  // namespace tidemark::http
