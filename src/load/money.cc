#include "load/money.h"

#include <fmt/format.h>

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

}  // namespace

std::optional<std::int64_t> fen_of_yuan(std::string_view text) { return whole(text, fen_scale); }
std::optional<std::int64_t> fen_of_fen(std::string_view text) { return whole(text, 0); }

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
