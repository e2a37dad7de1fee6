#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace tidemark::alert {

/// What is watched. An alert is about one subject, and has the level of the strongest rule that is
/// on for it.
enum class Subject {
  success_rate_1h,   ///< Of the deliveries that finished in the last hour, the delivered ones.
  success_rate_24h,  ///< The same over 24 hours.
  latency_mean,      ///< From publish to 2xx, of the last hour.
  latency_p99,
  failures_in_row,  ///< Of the subscription where they are most.
  failures_1h,      ///< Deliveries that were given up in the last hour.
  parked_rejected,  ///< Deliveries whose receiver will never take them: 400, 413, 422.
  backlog,          ///< Unfinished deliveries.
  retrying,         ///< Of these, those that failed before.
  jobs_failed,      ///< Scheduled jobs whose last run failed.
  jobs_partial,     ///< Scheduled jobs that have only been partial for some runs.
  /// Records that differed when a receiver last compared itself with the hub, where they are most.
  check_differences,
};
inline constexpr std::size_t subject_count = 12;

enum class Unit { ratio, seconds, count };

struct SubjectInfo {
  Subject subject;
  std::string_view name;  ///< `backlog`, as in the API, the metrics and the configuration.
  Unit unit;
  bool low_is_bad = false;  ///< On below the threshold; else above it.
  /// Each one more is news: told at once, not only at the next repetition.
  bool grows = false;
  std::string_view en;
  std::string_view zh;
};

[[nodiscard]] const std::array<SubjectInfo, subject_count>& subjects();
[[nodiscard]] const SubjectInfo& info(Subject subject);
[[nodiscard]] std::optional<Subject> subject_named(std::string_view name);

enum class Level { notice = 1, warning, critical };
[[nodiscard]] std::string_view name(Level level);
[[nodiscard]] std::optional<Level> level_named(std::string_view name);
[[nodiscard]] Message words(Level level);

/// One figure at one moment.
struct Figure {
  std::optional<double> value{};  ///< nullopt: there is nothing to measure.
  std::int64_t sample = 0;        ///< From how many deliveries a ratio or a latency was made.
  std::string detail{};           ///< Where it comes from, for people: names of endpoints, jobs.
};

class Figures {
 public:
  [[nodiscard]] Figure& operator[](Subject subject) {
    return figures_.at(static_cast<std::size_t>(subject));
  }
  [[nodiscard]] const Figure& operator[](Subject subject) const {
    return figures_.at(static_cast<std::size_t>(subject));
  }

 private:
  std::array<Figure, subject_count> figures_{};
};

/// `92.3%`, `4m10s`, `57`.
[[nodiscard]] std::string value_text(Unit unit, double value);

/// A threshold as it is configured: `95%` of a ratio, `3m` of seconds, a whole number of a count.
/// nullopt: it is none of them.
[[nodiscard]] std::optional<double> parse_threshold(Unit unit, std::string_view text);

}  // namespace tidemark::alert
