#include "http/http_date.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tidemark::http {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes a date apart from left to right; after a mismatch everything fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return fail();
    rest_.remove_prefix(expected.size());
  }
  [[nodiscard]] unsigned number(std::size_t digits) {
    unsigned value = 0;
    if (rest_.size() < digits) return fail(), 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, value);
    if (error != std::errc() || end != rest_.data() + digits) return fail(), 0;
    rest_.remove_prefix(digits);
    return value;
  }
  [[nodiscard]] unsigned day_padded_with_blank() {
    if (!rest_.starts_with(' ')) return number(2);
    rest_.remove_prefix(1);
    return number(1);
  }
  /// From 1.
  [[nodiscard]] unsigned month() {
    const auto found = std::ranges::find(months, rest_.substr(0, 3));
    if (found == months.end()) return fail(), 1;
    rest_.remove_prefix(3);
    return static_cast<unsigned>(found - months.begin()) + 1;
  }
  [[nodiscard]] seconds time_of_day() {
    const unsigned hour = number(2);
    literal(":");
    const unsigned minute = number(2);
    literal(":");
    const unsigned second = number(2);
    if (hour > 23 || minute > 59 || second > 60) fail();  // 60: a leap second.
    return hours(hour) + minutes(minute) + seconds(second);
  }
  [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }

 private:
  void fail() {
    failed_ = true;
    rest_ = {};
  }
  std::string_view rest_;
  bool failed_ = false;
};

[[nodiscard]] std::optional<sys_seconds> time_of(const Reader& reader, unsigned year_number,
                                                 unsigned month_number, unsigned day_number,
                                                 seconds of_day) {
  const year_month_day date(year(static_cast<int>(year_number)), month(month_number),
                            day(day_number));
  if (!reader.done() || !date.ok()) return std::nullopt;
  return sys_days(date) + of_day;
}

/// After `Sun, `: `06 Nov 1994 08:49:37 GMT`.
[[nodiscard]] std::optional<sys_seconds> fixdate(Reader reader) {
  const unsigned day_number = reader.number(2);
  reader.literal(" ");
  const unsigned month_number = reader.month();
  reader.literal(" ");
  const unsigned year_number = reader.number(4);
  reader.literal(" ");
  const seconds of_day = reader.time_of_day();
  reader.literal(" GMT");
  return time_of(reader, year_number, month_number, day_number, of_day);
}

/// After `Sunday, `: `06-Nov-94 08:49:37 GMT`.
[[nodiscard]] std::optional<sys_seconds> rfc850(Reader reader) {
  const unsigned day_number = reader.number(2);
  reader.literal("-");
  const unsigned month_number = reader.month();
  reader.literal("-");
  const unsigned two_digits = reader.number(2);
  reader.literal(" ");
  const seconds of_day = reader.time_of_day();
  reader.literal(" GMT");
  const unsigned year_number = two_digits + (two_digits < 70 ? 2000 : 1900);
  return time_of(reader, year_number, month_number, day_number, of_day);
}

/// After `Sun `: `Nov  6 08:49:37 1994`.
[[nodiscard]] std::optional<sys_seconds> asctime(Reader reader) {
  const unsigned month_number = reader.month();
  reader.literal(" ");
  const unsigned day_number = reader.day_padded_with_blank();
  reader.literal(" ");
  const seconds of_day = reader.time_of_day();
  reader.literal(" ");
  const unsigned year_number = reader.number(4);
  return time_of(reader, year_number, month_number, day_number, of_day);
}

}  // namespace

std::string http_date(WallTime time) {
  const auto day_point = floor<days>(time);
  const year_month_day date(day_point);
  const hh_mm_ss of_day(floor<seconds>(time - day_point));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekdays.at(weekday(day_point).c_encoding()),
      static_cast<unsigned>(date.day()), months.at(static_cast<unsigned>(date.month()) - 1),
      static_cast<int>(date.year()), of_day.hours().count(), of_day.minutes().count(),
      of_day.seconds().count());
}

std::optional<sys_seconds> parse_http_date(std::string_view text) {
  if (std::ranges::find(weekdays, text.substr(0, 3)) == weekdays.end()) return std::nullopt;
  const std::size_t comma = text.find(", ");
  if (comma == 3) return fixdate(Reader(text.substr(5)));
  if (comma != std::string_view::npos && comma <= 9) return rfc850(Reader(text.substr(comma + 2)));
  if (text.size() > 4 && text[3] == ' ') return asctime(Reader(text.substr(4)));
  return std::nullopt;
}

}  // namespace tidemark::http
