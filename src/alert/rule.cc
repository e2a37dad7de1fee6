#include "alert/rule.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::alert {

std::string Rule::name() const {
  return fmt::format("{}_{}", info(subject).name, alert::name(level));
}

bool breaks(const Rule& rule, const Figure& figure, std::int64_t sample_min) {
  if (!figure.value) return false;
  const SubjectInfo& about = info(rule.subject);
  if (about.unit != Unit::count && figure.sample < sample_min) return false;
  return about.low_is_bad ? *figure.value < rule.threshold : *figure.value > rule.threshold;
}

RuleState advance(const Rule& rule, RuleState state, bool broken, WallTime now,
                  std::chrono::milliseconds over_after) {
  for (auto* since : {&state.pending_since, &state.firing_since, &state.clear_since})
    if (*since) *since = std::min(**since, now);
  if (broken) {
    state.clear_since.reset();
    if (state.firing_since) return state;
    if (!state.pending_since) state.pending_since = now;
    if (now - *state.pending_since < rule.hold) return state;
    return {.firing_since = state.pending_since};
  }
  state.pending_since.reset();
  if (!state.firing_since) return {};
  if (!state.clear_since) state.clear_since = now;
  if (now - *state.clear_since < over_after) return state;
  return {};
}

}  // namespace tidemark::alert
