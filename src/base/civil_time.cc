#include "base/civil_time.h"

namespace tidemark {
namespace {

using Micros = std::chrono::microseconds;

/// Takes `width` digits off the front.
bool take_digits(std::string_view& text, std::size_t width, unsigned& value) {
  if (text.size() < width) return false;
  value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(width);
  return true;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

/// `.` and digits; the first six count.
bool take_fraction(std::string_view& text, unsigned& micros) {
  micros = 0;
  if (!take(text, '.')) return text.empty();
  if (text.empty()) return false;
  unsigned scale = 100'000;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    micros += static_cast<unsigned>(digit - '0') * scale;
    scale /= 10;
  }
  return true;
}

}  // namespace

std::optional<CivilTime> CivilTime::parse(std::string_view text) {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) ||
      !take(text, '-') || !take_digits(text, 2, day)) {
    return std::nullopt;
  }
  if (!text.empty()) {
    if (!take(text, ' ') && !take(text, 'T')) return std::nullopt;
    if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute) ||
        !take(text, ':') || !take_digits(text, 2, second) || !take_fraction(text, micros)) {
      return std::nullopt;
    }
  }
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)},
                                         std::chrono::month{month}, std::chrono::day{day}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return CivilTime{std::chrono::local_days{date} + std::chrono::hours{hour} +
                   std::chrono::minutes{minute} + std::chrono::seconds{second} + Micros{micros}};
}

std::string CivilTime::text(int decimals) const {
  const auto day = std::chrono::floor<std::chrono::days>(time_);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time_ - day};
  // By hand: this runs twice for each row that is read or written.
  std::string text = "0000-00-00 00:00:00";
  const auto put = [&text](std::size_t at, std::size_t width, std::int64_t value) {
    for (; width > 0; value /= 10) text[at + --width] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, static_cast<int>(date.year()));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, clock.hours().count());
  put(14, 2, clock.minutes().count());
  put(17, 2, clock.seconds().count());
  if (decimals > 0) {
    text += ".000000";
    put(20, 6, clock.subseconds().count());
    text.resize(text.size() - static_cast<std::size_t>(6 - decimals));
  }
  return text;
}

std::string CivilTime::shortest_text() const {
  const std::int64_t fraction = (time_ - std::chrono::floor<std::chrono::seconds>(time_)).count();
  return text(fraction == 0 ? 0 : fraction % 1000 == 0 ? 3 : 6);
}

CivilTime CivilTime::floor_to(int decimals) const {
  const Micros tick = tick_of(decimals);
  const Micros since = time_.time_since_epoch();
  Micros over = since % tick;
  if (over.count() < 0) over += tick;
  return CivilTime{time_ - over};
}

Micros tick_of(int decimals) {
  Micros tick{1'000'000};
  for (int i = 0; i < decimals; ++i) tick /= 10;
  return tick;
}

}  // namespace tidemark
