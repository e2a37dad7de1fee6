#include "http/target.h"

#include <algorithm>

#include "base/bytes.h"
#include "http/headers.h"

namespace tidemark::http {
namespace {

[[nodiscard]] int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// In `http://host:port/path?query`: from the path on.
[[nodiscard]] std::optional<std::string_view> origin_form(std::string_view text) {
  if (text.starts_with('/')) return text;
  constexpr std::string_view scheme = "http://";
  if (!equal_fold(text.substr(0, scheme.size()), scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  if (end == 0) return std::nullopt;
  return text.substr(end);
}

[[nodiscard]] std::optional<std::vector<std::string>> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (path.size() > 1) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    auto segment = percent_decode(path.substr(0, end));
    if (!segment || *segment == "." || *segment == "..") return std::nullopt;
    segments.push_back(*std::move(segment));
    path.remove_prefix(end);
    if (path == "/") segments.emplace_back();
    if (segments.size() > path_segments_max) return std::nullopt;
  }
  return segments;
}

[[nodiscard]] std::optional<std::string> form_decode(std::string_view text) {
  if (!text.contains('+')) return percent_decode(text);
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  return percent_decode(blanks);
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      decoded += text[at];
      continue;
    }
    if (text.size() - at < 3) return std::nullopt;
    const int high = hex_digit(text[at + 1]);
    const int low = hex_digit(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    at += 2;
  }
  if (decoded.contains('\0') || !is_utf8(decoded)) return std::nullopt;
  return decoded;
}

std::optional<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    auto name = form_decode(part.substr(0, equals));
    auto value = form_decode(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return std::nullopt;
    query.parameters_.emplace_back(*std::move(name), *std::move(value));
  }
  return query;
}

std::optional<std::string_view> Query::find(std::string_view name) const {
  const auto found = std::ranges::find(parameters_, name,
                                       [](const auto& p) -> std::string_view { return p.first; });
  if (found == parameters_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : parameters_)
    if (key == name) values.emplace_back(value);
  return values;
}

std::optional<Target> parse_target(std::string_view text) {
  if (text == "*") return Target{.segments = {}, .query = {}, .asterisk = true};
  const auto origin = origin_form(text);
  if (!origin || origin->contains('#')) return std::nullopt;
  const std::size_t mark = std::min(origin->find('?'), origin->size());
  auto segments = segments_of(origin->substr(0, mark));
  auto query = Query::parse(origin->substr(std::min(mark + 1, origin->size())));
  if (!segments || !query) return std::nullopt;
  return Target{.segments = *std::move(segments), .query = *std::move(query)};
}

}  // namespace tidemark::http
