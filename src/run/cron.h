#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "watermark/zone_rules.h"

namespace tidemark::run {

/// When a job is due, as cron(5) writes it: minute, hour, day of the month, month, day of the week;
/// lists, ranges, steps (`*/15`, `8-18/2`), names of months and days, `7` as Sunday, and `@hourly`,
/// `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`. Where both days are
/// restricted (neither begins with `*`), one that fits is enough, as in Vixie's cron.
/// Immutable; thread-safe.
class Cron {
 public:
  /// Errors: invalid_config, naming field, reason and next step; also for what never comes, such as
  /// 30 February.
  [[nodiscard]] static Result<Cron> parse(std::string_view text);

  /// The first time after `after`, not `after` itself, at which a clock on the wall of `zone` shows
  /// what was asked for. Where clocks are set forward over it: the moment of the change, once for
  /// all that was skipped. Where an hour comes twice: its first time. A schedule for every hour
  /// goes by time that passes instead, so that `*/30` stays 30 minutes in both cases. nullopt: not
  /// within 60 years.
  [[nodiscard]] std::optional<WallTime> next(WallTime after,
                                             const watermark::ZoneRules& zone) const;

  /// The same for a systemd timer, an OnCalendar= for each line, without a zone; where either of
  /// two days is enough, these are two.
  [[nodiscard]] std::vector<std::string> calendars() const;

  /// As it was given.
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  using LocalMinute = std::chrono::local_time<std::chrono::minutes>;

  Cron() = default;
  [[nodiscard]] bool day_fits(std::chrono::local_days day) const;
  [[nodiscard]] bool comes_at_all() const;
  /// The first minute on the wall, not before `from`.
  [[nodiscard]] std::optional<LocalMinute> next_on_wall(LocalMinute from) const;
  [[nodiscard]] std::optional<WallTime> next_by_elapsed_time(
      WallTime after, const watermark::ZoneRules& zone) const;

  std::string text_;
  std::uint64_t minutes_ = 0;  ///< Bit n: the value n fits.
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;  ///< Bit 0: Sunday.
  bool every_day_ = false;      ///< The field begins with `*`.
  bool every_weekday_ = false;  ///< Likewise.
};

}  // namespace tidemark::run
