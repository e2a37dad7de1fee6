#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark {

/// A date and time as it stands in a DATETIME column or a state file: no zone, microseconds.
/// The zone is known from the context (the zone in which the column is written) and is never
/// guessed from the machine.
class CivilTime {
 public:
  CivilTime() = default;
  explicit CivilTime(std::chrono::local_time<std::chrono::microseconds> since) : time_(since) {}

  /// Reads `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS` or with `T`, and up to six decimals (further ones
  /// are cut). Anything else, such as a zero date or a zone suffix, is nullopt.
  [[nodiscard]] static std::optional<CivilTime> parse(std::string_view text);

  /// 1970-01-01 00:00:00: the mark of a tenant that was never exported.
  [[nodiscard]] static CivilTime baseline() { return {}; }

  /// `YYYY-MM-DD HH:MM:SS`, with `decimals` (0 to 6) digits after the second, cut, not rounded.
  [[nodiscard]] std::string text(int decimals = 0) const;
  /// As above with as many decimals as are needed: 0, 3 or 6.
  [[nodiscard]] std::string shortest_text() const;

  /// Cut to a precision of `decimals` digits after the second.
  [[nodiscard]] CivilTime floor_to(int decimals) const;

  [[nodiscard]] std::chrono::local_time<std::chrono::microseconds> time() const { return time_; }
  [[nodiscard]] std::int64_t microseconds() const { return time_.time_since_epoch().count(); }

  CivilTime& operator+=(std::chrono::microseconds by) {
    time_ += by;
    return *this;
  }
  CivilTime& operator-=(std::chrono::microseconds by) { return *this += -by; }
  friend CivilTime operator+(CivilTime time, std::chrono::microseconds by) { return time += by; }
  friend CivilTime operator-(CivilTime time, std::chrono::microseconds by) { return time -= by; }
  friend std::chrono::microseconds operator-(CivilTime a, CivilTime b) { return a.time_ - b.time_; }
  friend auto operator<=>(CivilTime a, CivilTime b) = default;

 private:
  std::chrono::local_time<std::chrono::microseconds> time_{};
};

/// The smallest step of a column with `decimals` digits after the second.
[[nodiscard]] std::chrono::microseconds tick_of(int decimals);

}  // namespace tidemark
