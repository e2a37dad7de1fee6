#include "load/money.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/decimal.h"

namespace tidemark::load {
namespace {

constexpr int fen_scale = 2;

/// The amount as a whole number of 10^-scale; exact, or nullopt.
std::optional<std::int64_t> whole(std::string_view text, int scale) {
  const std::optional<Decimal> amount = Decimal::parse(text);
  if (!amount) return std::nullopt;
  const std::optional<Decimal> rounded = amount->rounded_to(scale);
  if (!rounded || *rounded != *amount) return std::nullopt;
  std::string digits = rounded->text();
  std::erase(digits, '.');
  std::int64_t units = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), units);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (units > fen_max || units < -fen_max) return std::nullopt;
  return units;
}

constexpr std::string_view digits = "0123456789";
/// What stands between groups of digits.
constexpr std::array commas = {std::string_view(","), std::string_view("，"),
                               std::string_view("'")};

/// `-12.340`, however long.
bool is_plain(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.find_first_not_of("0123456789.") == std::string_view::npos &&
         text.find('.') == text.rfind('.');
}

/// Without zeros at the end.
std::size_t decimals_of(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return 0;
  const std::size_t last = text.find_last_not_of('0');
  return last > point ? last - point : 0;
}

/// `1,234,567.8`: groups of three digits behind each comma.
bool has_groups(std::string_view text) {
  constexpr std::size_t group = 3;
  if (text.starts_with('-')) text.remove_prefix(1);
  std::size_t run = 0;
  bool behind_comma = false;
  while (!text.empty() && text.front() != '.') {
    const auto* const comma = std::ranges::find_if(
        commas, [text](std::string_view one) { return text.starts_with(one); });
    if (comma == commas.end()) {
      if (!digits.contains(text.front())) return false;
      ++run;
      text.remove_prefix(1);
      continue;
    }
    if (run == 0 || run > group || (behind_comma && run != group)) return false;
    behind_comma = true;
    run = 0;
    text.remove_prefix(comma->size());
  }
  const bool decimals = text.empty() || is_plain(text);
  return behind_comma && run == group && decimals;
}

}  // namespace

std::optional<std::int64_t> fen_of_yuan(std::string_view text) { return whole(text, fen_scale); }
std::optional<std::int64_t> fen_of_fen(std::string_view text) { return whole(text, 0); }

Message why_no_amount(std::string_view text, bool in_fen) {
  if (text.find_first_of(digits) == std::string_view::npos) return {"it is no number", "不是数字"};
  if (is_plain(text)) {
    if (decimals_of(text) <= (in_fen ? std::size_t{0} : std::size_t{fen_scale}))
      return {"it is larger than any amount (10,000,000,000,000.00)",
              "超出金额上限（10,000,000,000,000.00）"};
    if (in_fen)
      return {"it has decimals, but amounts are said to be in fen (1/100)",
              "带有小数，但指定的金额单位是分（1/100）"};
    return {"it has more than two decimals, and nothing is rounded", "小数超过两位，且不做舍入"};
  }
  const std::size_t strange = text.find_first_not_of("0123456789.-");
  if (strange == std::string_view::npos) return {"it is no number", "不是数字"};
  const std::string_view rest = text.substr(strange);
  if (std::ranges::any_of(commas, [rest](std::string_view one) { return rest.starts_with(one); })) {
    if (has_groups(text))
      return {"it has thousands separators: write 1234.50 for 1,234.50",
              "含有千位分隔符：1,234.50 请写成 1234.50"};
    return {"it has a comma, perhaps for the decimal point: write 1234.50",
            "含有逗号，可能用作小数点：请写成 1234.50"};
  }
  if (strange > 0 && (rest.starts_with('e') || rest.starts_with('E')))
    return {"it has an exponent, as spreadsheets write long numbers: write all digits",
            "是科学计数法（电子表格对长数字的写法）：请写出全部数字"};
  if (rest.starts_with(' ') || rest.starts_with('\t') || rest.starts_with("\xC2\xA0"))
    return {"it has blanks inside or around it", "含有空格"};
  return {"it has signs that belong to no number, such as that of a currency",
          "含有数字以外的符号，如货币符号"};
}

std::string yuan_text(std::int64_t fen) {
  const std::uint64_t units =
      fen < 0 ? 0 - static_cast<std::uint64_t>(fen) : static_cast<std::uint64_t>(fen);
  // By hand: this runs for each amount of each row that is read or written.
  const fmt::format_int whole(units / 100);
  std::string text(fen < 0 ? "-" : "");
  text.append(whole.data(), whole.size());
  text += '.';
  text += static_cast<char>('0' + units / 10 % 10);
  text += static_cast<char>('0' + units % 10);
  return text;
}

}  // namespace tidemark::load
