#include "load/xiaoe/fields.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"

namespace tidemark::load::xiaoe {
namespace {

/// Keys of the warehouse's tables; longer ones cannot be indexed everywhere.
constexpr std::size_t id_bytes_max = 128;
/// What the API writes for a moment that never came.
constexpr std::array<std::string_view, 3> no_times = {"0000-00-00 00:00:00", "-0001-11-30 00:00:00",
                                                      "0000-00-00"};
constexpr int year_min = 1970;

}  // namespace

std::string Fields::text(std::string_view name, std::size_t bytes_max) {
  const std::optional<std::string_view> value = find(name);
  if (!value) return {};
  std::string text;
  if (value->starts_with('"')) {
    auto unescaped = json_text(*value);
    if (!unescaped) return refuse(name, *value), std::string();
    text = std::move(*unescaped);
  } else if (value->front() == '{' || value->front() == '[') {
    return refuse(name, *value), std::string();
  } else {
    text = *value;
  }
  // No database here stores a NUL in a text everywhere.
  if (text.size() > bytes_max || text.contains('\0')) return refuse(name, *value), std::string();
  return text;
}

std::string Fields::id(std::string_view name) { return text(name, id_bytes_max); }

std::optional<std::int64_t> Fields::integer(std::string_view name) {
  const std::string digits = text(name);
  if (digits.empty()) return std::nullopt;
  if (digits == "true" || digits == "false") return digits == "true" ? 1 : 0;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc{} && end == digits.data() + digits.size()) return number;
  refuse(name, digits);
  return std::nullopt;
}

std::optional<std::int64_t> Fields::money(std::string_view name,
                                          std::optional<std::int64_t> (*fen)(std::string_view)) {
  const std::string amount = text(name);
  if (amount.empty()) return std::nullopt;
  const std::optional<std::int64_t> parsed = fen(amount);
  if (!parsed) refuse(name, amount);
  return parsed;
}

std::optional<CivilTime> Fields::time(std::string_view name) {
  const std::string written = text(name);
  if (written.empty() || std::ranges::find(no_times, written) != no_times.end())
    return std::nullopt;
  const std::optional<CivilTime> time = CivilTime::parse(written);
  static const CivilTime earliest = CivilTime(std::chrono::local_days(std::chrono::year_month_day(
      std::chrono::year(year_min), std::chrono::January, std::chrono::day(1))));
  if (time && *time >= earliest) return time->floor_to(0);
  refuse(name, written);
  return std::nullopt;
}

std::string Fields::verbatim(std::string_view name) {
  const std::optional<std::string_view> value = find(name);
  if (!value) return {};
  if (value->size() > text_bytes_max) return refuse(name, *value), std::string();
  return json_compact(*value);
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  const auto found = std::ranges::find(members_, name, &JsonMember::name);
  if (found == members_.end() || found->value == "null") return std::nullopt;
  return found->value;
}

void Fields::missing(std::string_view name) {
  if (!error_) error_ = make_error(ErrorKind::rejected, {"{} is missing", "缺少 {}"}, name);
}

void Fields::refuse(std::string_view name, std::string_view value) {
  constexpr std::size_t shown_max = 60;
  if (!error_)
    error_ = make_error(ErrorKind::rejected, {"{} cannot be stored: {}", "{} 无法保存：{}"}, name,
                        printable(value, shown_max));
}

std::string coded(std::span<const CodeText> table, std::string_view field,
                  std::optional<std::int64_t> code, std::vector<UnknownCode>& unknown) {
  if (!code) return {};
  const std::string_view text = text_of(table, *code);
  if (text.empty()) unknown.push_back({std::string(field), std::to_string(*code)});
  return std::string(text);
}

}  // namespace tidemark::load::xiaoe
