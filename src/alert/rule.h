#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "alert/subject.h"
#include "base/clock.h"

namespace tidemark::alert {

/// When an alert is on: data, made from the configuration.
struct Rule {
  Subject subject;
  Level level;
  double threshold = 0;  ///< In the subject's unit; a ratio from 0 to 1.
  /// It must be exceeded for so long without a break.
  std::chrono::milliseconds hold{0};

  /// `backlog_warning`
  [[nodiscard]] std::string name() const;
};

/// Does the figure break the rule? A ratio or a latency made from fewer than `sample_min`
/// deliveries says nothing, and so breaks none.
[[nodiscard]] bool breaks(const Rule& rule, const Figure& figure, std::int64_t sample_min);

/// Where a rule stands.
struct RuleState {
  std::optional<WallTime> pending_since{};  ///< Broken, but not yet for as long as `hold`.
  std::optional<WallTime> firing_since{};   ///< The alert is on; since it was first broken.
  std::optional<WallTime> clear_since{};    ///< Still on, but not broken any more.

  friend bool operator==(const RuleState&, const RuleState&) = default;
};

/// The state after one more look. An alert that is on goes off once it was not broken for
/// `over_after`, so that a figure at its threshold does not ring again and again. Pure. A clock
/// that is set back begins the spans anew.
[[nodiscard]] RuleState advance(const Rule& rule, RuleState state, bool broken, WallTime now,
                                std::chrono::milliseconds over_after);

}  // namespace tidemark::alert
