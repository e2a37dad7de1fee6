#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/civil_time.h"
#include "base/clock.h"

namespace tidemark::watermark {

/// What a zone's name means, by this machine's time zone database: `+08:00`, `UTC`,
/// `Asia/Shanghai`, `local` (the machine's own), and `SYSTEM (CST)` as a MySQL server calls itself
/// when the machine's own zone has that abbreviation too. Immutable; thread-safe.
class ZoneRules {
 public:
  /// nullopt: this machine does not know the zone.
  [[nodiscard]] static std::optional<ZoneRules> find(std::string_view name, WallTime now);
  /// Of a time zone database's name (`Europe/Berlin`) or an offset; `name` as it was found.
  [[nodiscard]] const std::string& name() const { return name_; }

  /// What a clock on the wall shows at `instant`.
  [[nodiscard]] CivilTime civil(WallTime instant) const;
  /// The first instant at which a clock on the wall shows `time`; where the clock was set forward
  /// over it, the moment of the change. For a watermark the earlier one is the safe one.
  [[nodiscard]] WallTime first_instant(CivilTime time) const;
  /// A time in which the clock on the wall keeps its distance from UTC.
  struct Span {
    WallTime from;                ///< Included.
    WallTime upto;                ///< Not included: here the distance changes.
    std::chrono::seconds offset;  ///< Added to UTC it makes the time on the wall.
  };
  /// The one that `instant` lies in; of an offset alone, one without ends.
  [[nodiscard]] Span span_at(WallTime instant) const;
  /// Whether the clock is set forward or back within a year from `now`: one hour then comes twice.
  [[nodiscard]] bool changes_within_a_year(WallTime now) const;

 private:
  ZoneRules() = default;
  std::string name_;
  std::chrono::minutes offset_{0};
  const void* zone_ = nullptr;  ///< A date::time_zone, which lives as long as the program.
};

}  // namespace tidemark::watermark
