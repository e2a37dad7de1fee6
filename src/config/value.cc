#include "config/value.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "base/check.h"
#include "base/parse_integer.h"
#include "config/database_url.h"

namespace tidemark::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array duration_units = {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                                       Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};
constexpr std::int64_t duration_max = 36'500LL * 86'400'000;

constexpr std::array bytes_units = {
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"KB", 1000},
    Unit{"MB", 1'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"TB", 1'000'000'000'000},
    Unit{"KiB", 1 << 10},
    Unit{"MiB", 1 << 20},
    Unit{"GiB", 1 << 30},
    Unit{"TiB", std::int64_t{1} << 40},
};

/// A whole number and its unit.
std::optional<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units,
                                            std::int64_t max) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_integer(text.substr(0, digits));
  const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
  std::int64_t value = 0;
  if (!number || unit == units.end() || __builtin_mul_overflow(*number, unit->factor, &value) ||
      value > max) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> parse_scalar(OptionType type, std::string_view text) {
  switch (type) {
    case OptionType::duration:
      return parse_with_unit(text, duration_units, duration_max);
    case OptionType::bytes:
      return parse_with_unit(text, bytes_units, INT64_MAX);
    default:
      return parse_integer(text);
  }
}

/// `1..256`: both ends in the words of the table, for people.
struct Range {
  std::string_view low;
  std::string_view high;
};

Range range_of(const Option& option) {
  const std::size_t dots = option.range.find("..");
  if (dots == std::string_view::npos) return {};
  return {option.range.substr(0, dots), option.range.substr(dots + 2)};
}

bool in_range(const Option& option, std::int64_t value) {
  const auto [low, high] = range_of(option);
  return value >= (low.empty() ? 0 : parse_scalar(option.type, low).value_or(0)) &&
         (high.empty() || value <= parse_scalar(option.type, high).value_or(0));
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::unexpected<Error> not_expected(const Option& option) {
  const Message wanted = expected(option);
  return fail(ErrorKind::invalid_config, {"must be {0}", "必须是{1}"}, wanted.en, wanted.zh);
}

Result<std::string> checked_boolean(const Option& option, std::string_view text) {
  for (const std::string_view yes : {"true", "on", "yes", "1"})
    if (text == yes) return "true";
  for (const std::string_view no : {"false", "off", "no", "0"})
    if (text == no) return "false";
  return not_expected(option);
}

Result<std::string> checked_choice(const Option& option, std::string_view text) {
  for (const std::string_view choice : split(option.choices, '|'))
    if (text == choice) return std::string{text};
  return not_expected(option);
}

Result<std::string> checked_list(std::string_view text) {
  const std::vector<std::string> items = split_list(text);
  if (std::ranges::find(items, "") != items.end())
    return fail(ErrorKind::invalid_config, {"has an empty item", "有空的列表项"});
  return fmt::format("{}", fmt::join(items, ","));
}

Result<void> check_characters(const Option& option, std::string_view text) {
  if (text.find_first_of(std::string_view{"\0\r\n", 3}) != std::string_view::npos)
    return fail(ErrorKind::invalid_config,
                {"must be one line without NUL", "必须是一行，且不含 NUL"});
  // A password may be in any encoding; names and paths may not.
  if (!option.secret && !is_utf8(text))
    return fail(ErrorKind::invalid_config, {"is not UTF-8", "不是 UTF-8 编码"});
  return {};
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (const auto value = parse_scalar(OptionType::duration, text))
    return std::chrono::milliseconds{*value};
  return fail(
      ErrorKind::invalid_config,
      {"{} is not a duration such as 90s, 5m, 1h or 2d", "{} 不是时长（如 90s、5m、1h、2d）"},
      printable(text, 80));
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  if (const auto value = parse_scalar(OptionType::bytes, text))
    return static_cast<std::uint64_t>(*value);
  return fail(ErrorKind::invalid_config,
              {"{} is not a size such as 64MiB, 1GB or 4096", "{} 不是大小（如 64MiB、1GB、4096）"},
              printable(text, 80));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  if (trimmed(text).empty()) return items;
  for (const std::string_view part : split(text, ',')) items.emplace_back(trimmed(part));
  return items;
}

Message expected(const Option& option) {
  Message what;
  switch (option.type) {
    case OptionType::text:
      return say({"text", "文本"});
    case OptionType::boolean:
      return say({"true or false", " true 或 false"});
    case OptionType::choice:
      return say({"one of {0}", "以下之一：{0}"}, fmt::join(split(option.choices, '|'), ", "));
    case OptionType::url:
      return say(
          {"a database URL (sqlite:PATH, mysql://user@host:port/db, "
           "postgres://user@host:port/db)",
           "数据库 URL（sqlite:路径、mysql://user@host:port/db、"
           "postgres://user@host:port/db）"});
    case OptionType::redis_url:
      return say(
          {"a URL of Redis (redis://:password@host:6379/0, rediss:// for TLS, "
           "unix:///path/to/socket)",
           "Redis 的 URL（redis://:密码@主机:6379/0、加密用 rediss://、"
           "unix:///path/to/socket）"});
    case OptionType::text_list:
      return say({"a list of texts", "文本列表"});
    case OptionType::integer:
      what = say({"a whole number", "整数"});
      break;
    case OptionType::duration:
      what = say({"a duration such as 90s, 5m, 1h or 2d", "时长（如 90s、5m、1h、2d）"});
      break;
    case OptionType::bytes:
      what = say({"a size such as 64MiB, 1GB or 4096", "大小（如 64MiB、1GB、4096）"});
      break;
  }
  const auto [low, high] = range_of(option);
  if (!low.empty() && !high.empty()) {
    what.en += fmt::format(" between {} and {}", low, high);
    what.zh += fmt::format("，范围 {} 到 {}", low, high);
  }
  return what;
}

Result<std::string> checked_value(const Option& option, std::string_view text) {
  if (auto checked = check_characters(option, text); !checked) return fail(std::move(checked));
  switch (option.type) {
    case OptionType::text:
      return std::string{text};
    case OptionType::boolean:
      return checked_boolean(option, text);
    case OptionType::choice:
      return checked_choice(option, text);
    case OptionType::url:
      if (!text.empty() && !is_database_url(text)) return not_expected(option);
      return std::string{text};
    case OptionType::redis_url:
      if (!text.empty() && !is_redis_url(text)) return not_expected(option);
      return std::string{text};
    case OptionType::text_list:
      return checked_list(text);
    case OptionType::integer:
    case OptionType::duration:
    case OptionType::bytes:
      if (const auto value = parse_scalar(option.type, text); !value || !in_range(option, *value))
        return not_expected(option);
      return std::string{text};
  }
  check(false, "an option type without a check", std::source_location::current());
  return std::string{};
}

std::string shown_value(const Option& option, std::string_view value) {
  if (value.empty()) return {};
  if (option.secret) return "***";
  return is_address(option.type) ? redacted_url(value) : printable(value, 400);
}

}  // namespace tidemark::config
