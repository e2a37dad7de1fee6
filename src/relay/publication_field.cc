#include "relay/publication_field.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/civil_time.h"
#include "base/json_object.h"
#include "base/parse_integer.h"
#include "relay/publication.h"

namespace tidemark::relay {
namespace {

constexpr std::size_t text_letters_max = 255;
constexpr std::size_t summary_letters_max = 1000;
constexpr std::size_t state_letters_max = 32;
constexpr std::size_t direction_letters_max = 16;
constexpr std::size_t voucher_no_bytes_max = 64;
constexpr std::size_t systems_max = 100;
constexpr std::size_t amount_digits_max = 26;
constexpr std::size_t amount_decimals_max = 12;

constexpr std::array rules = {
    FieldRule{.name = "voucher_id", .kind = FieldKind::positive},
    FieldRule{.name = "voucher_no", .kind = FieldKind::key, .max = voucher_no_bytes_max},
    FieldRule{.name = "voucher_date", .kind = FieldKind::date},
    FieldRule{.name = "source_system", .kind = FieldKind::key, .max = source_name_bytes_max},
    FieldRule{.name = "source_module",
              .kind = FieldKind::key,
              .max = source_id_bytes_max,
              .nullable = true},
    FieldRule{.name = "source_type", .kind = FieldKind::key, .max = source_name_bytes_max},
    FieldRule{.name = "source_id", .kind = FieldKind::id, .max = source_id_bytes_max},
    FieldRule{.name = "source_reference_no",
              .kind = FieldKind::text,
              .max = text_letters_max,
              .nullable = true},
    FieldRule{
        .name = "company_id", .kind = FieldKind::id, .max = source_id_bytes_max, .nullable = true},
    FieldRule{.name = "counterparty_type",
              .kind = FieldKind::text,
              .max = text_letters_max,
              .nullable = true},
    FieldRule{.name = "counterparty_id",
              .kind = FieldKind::id,
              .max = source_id_bytes_max,
              .nullable = true},
    FieldRule{.name = "counterparty_name",
              .kind = FieldKind::text,
              .max = text_letters_max,
              .nullable = true},
    FieldRule{.name = "direction",
              .kind = FieldKind::text,
              .max = direction_letters_max,
              .nullable = true},
    FieldRule{.name = "amount", .kind = FieldKind::amount},
    FieldRule{.name = "currency", .kind = FieldKind::currency},
    FieldRule{
        .name = "summary", .kind = FieldKind::text, .max = summary_letters_max, .nullable = true},
    FieldRule{.name = "business_data", .kind = FieldKind::object},
    FieldRule{
        .name = "status", .kind = FieldKind::text, .max = state_letters_max, .nullable = true},
    FieldRule{
        .name = "sync_status", .kind = FieldKind::text, .max = state_letters_max, .nullable = true},
    FieldRule{.name = "sync_target_systems",
              .kind = FieldKind::systems,
              .max = source_name_bytes_max,
              .nullable = true},
    FieldRule{
        .name = "created_by", .kind = FieldKind::id, .max = source_id_bytes_max, .nullable = true},
    FieldRule{.name = "event_type", .kind = FieldKind::event_type, .max = event_type_bytes_max},
    FieldRule{.name = "source_version", .kind = FieldKind::positive},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

template <class... Args>
std::unexpected<Error> refuse(const FieldRule& rule, Text<Args...> text, Args&&... args) {
  return std::unexpected(make_error<Args...>(ErrorKind::rejected, text, std::forward<Args>(args)...)
                             .within({"field {}", "字段 {}"}, rule.name));
}

/// The text that `value` is. Errors: rejected for another value and for half a character, which no
/// database stores.
Result<std::string> read_text(const FieldRule& rule, std::string_view value) {
  if (!value.starts_with('"')) return refuse(rule, {"must be a text", "必须是文本"});
  auto text = json_text(value);
  if (!text) {
    return refuse(rule,
                  {"holds a lone surrogate, half a character", "含有单独的代理项（半个字符）"});
  }
  if (text->find('\0') != std::string::npos)
    return refuse(rule, {"must not hold NUL", "不得含有 NUL 字符"});
  return *std::move(text);
}

/// A control character of C0 or C1, or DEL. In UTF-8, C1 is 0xC2 and 0x80 to 0x9F.
bool has_controls(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

/// Blanks around a key are refused because MySQL pads: 'a' and 'a ' would be one key there.
Result<void> check_key(const FieldRule& rule, std::string_view text) {
  if (text.empty()) return refuse(rule, {"must not be empty", "不得为空"});
  if (text.size() > rule.max)
    return refuse(rule, {"is longer than {} bytes", "超过 {} 字节"}, rule.max);
  if (has_controls(text))
    return refuse(rule, {"must not hold control characters", "不得含有控制字符"});
  if (text.front() == ' ' || text.back() == ' ')
    return refuse(rule, {"must not begin or end with a blank", "首尾不得有空格"});
  return {};
}

Result<std::string> read_key(const FieldRule& rule, std::string_view value) {
  auto text = read_text(rule, value);
  if (!text) return text;
  if (auto fit = check_key(rule, *text); !fit) return fail(std::move(fit));
  return text;
}

Result<std::string> read_id(const FieldRule& rule, std::string_view value) {
  if (value.starts_with('"')) return read_key(rule, value);
  const std::string_view digits = value.substr(value.starts_with('-') ? 1 : 0);
  if (digits.empty() || !std::ranges::all_of(digits, is_digit))
    return refuse(rule, {"must be an integer or a text", "必须是整数或文本"});
  if (auto fit = check_key(rule, value); !fit) return fail(std::move(fit));
  return std::string(value);
}

Result<std::string> read_positive(const FieldRule& rule, std::string_view value) {
  if (parse_integer(value).value_or(0) < 1) {
    return refuse(rule, {"must be an integer from 1 to 9223372036854775807",
                         "必须是 1 到 9223372036854775807 的整数"});
  }
  return std::string(value);
}

bool is_amount(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || whole.size() > amount_digits_max || !std::ranges::all_of(whole, is_digit))
    return false;
  if (point == text.size()) return true;
  const std::string_view decimals = text.substr(point + 1);
  return !decimals.empty() && decimals.size() <= amount_decimals_max &&
         std::ranges::all_of(decimals, is_digit);
}

Result<std::string> read_amount(const FieldRule& rule, std::string_view value) {
  if (value.starts_with('-') || is_digit(value.front())) return std::string(value);
  const auto text = json_text(value);
  if (!text || !is_amount(*text)) {
    return refuse(rule, {"must be a JSON number, or a text such as \"-1024.50\"",
                         "必须是 JSON 数字，或形如 \"-1024.50\" 的文本"});
  }
  return *text;
}

Result<std::string> read_date(const FieldRule& rule, std::string_view value) {
  constexpr std::size_t letters = 10;  // YYYY-MM-DD
  const auto text = json_text(value);
  if (!text || text->size() != letters || !CivilTime::parse(*text)) {
    return refuse(rule,
                  {"must be a date such as \"2026-01-15\"", "必须是形如 \"2026-01-15\" 的日期"});
  }
  return *text;
}

Result<std::string> read_currency(const FieldRule& rule, std::string_view value) {
  constexpr std::size_t letters = 3;  // ISO 4217
  const auto text = json_text(value);
  if (!text || text->size() != letters ||
      !std::ranges::all_of(*text, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return refuse(
        rule, {"must be three capital letters such as \"CNY\"", "必须是三个大写字母，如 \"CNY\""});
  }
  return *text;
}

Result<std::string> read_event_type(const FieldRule& rule, std::string_view value) {
  auto text = read_key(rule, value);
  if (!text) return text;
  if (!std::ranges::all_of(*text, [](char c) {
        return is_letter(c) || is_digit(c) || std::string_view("_.:-").contains(c);
      })) {
    return refuse(rule,
                  {"may hold only letters, digits and _ . : -", "只能含有字母、数字和 _ . : -"});
  }
  return text;
}

Result<std::string> read_letters(const FieldRule& rule, std::string_view value) {
  auto text = read_text(rule, value);
  if (!text) return text;
  const auto letters = std::ranges::count_if(
      *text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  if (static_cast<std::size_t>(letters) > rule.max)
    return refuse(rule, {"is longer than {} characters", "超过 {} 个字符"}, rule.max);
  return text;
}

Result<std::string> check_systems(const FieldRule& rule, std::string_view value) {
  const auto elements = json_elements(value);
  if (!elements) return refuse(rule, {"must be an array of texts", "必须是文本数组"});
  if (elements->size() > systems_max)
    return refuse(rule, {"holds more than {} names", "超过 {} 个名称"}, systems_max);
  std::vector<std::string> seen;
  for (const std::string_view element : *elements) {
    auto text = read_key(rule, element);
    if (!text) return text;
    if (std::ranges::find(seen, *text) != seen.end()) {
      return refuse(rule, {"names {} twice", "重复列出 {}"}, printable(*text));
    }
    seen.push_back(*std::move(text));
  }
  return std::string(value);
}

}  // namespace

std::span<const FieldRule> voucher_fields() { return rules; }

const FieldRule* voucher_field(std::string_view name) {
  const auto* const found = std::ranges::find(rules, name, &FieldRule::name);
  return found == rules.end() ? nullptr : found;
}

Result<std::string> read_field(const FieldRule& rule, std::string_view value) {
  if (value == "null") {
    if (rule.nullable) return std::string{};
    return refuse(rule, {"must not be null; leave it out instead", "不得为 null；请省略该字段"});
  }
  switch (rule.kind) {
    case FieldKind::key:
      return read_key(rule, value);
    case FieldKind::text:
      return read_letters(rule, value);
    case FieldKind::id:
      return read_id(rule, value);
    case FieldKind::positive:
      return read_positive(rule, value);
    case FieldKind::amount:
      return read_amount(rule, value);
    case FieldKind::date:
      return read_date(rule, value);
    case FieldKind::currency:
      return read_currency(rule, value);
    case FieldKind::event_type:
      return read_event_type(rule, value);
    case FieldKind::systems:
      return check_systems(rule, value);
    case FieldKind::object:
      break;
  }
  if (!value.starts_with('{')) return refuse(rule, {"must be an object", "必须是对象"});
  return std::string(value);
}

std::vector<std::string> read_systems(std::string_view value) {
  std::vector<std::string> systems;
  if (value.empty()) return systems;
  const std::vector<std::string_view> elements = json_elements(value).value();
  for (const std::string_view element : elements) systems.push_back(json_text(element).value());
  return systems;
}

}  // namespace tidemark::relay
