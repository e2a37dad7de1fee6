#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/clock.h"

namespace tidemark::load {

/// What a load spends its time on. Reading goes on while the batch before is written, so the
/// stages of the writing and the fetching may add up to more than the run took.
enum class Stage {
  fetch,      ///< Waits for the source's answers and takes them apart into rows.
  transform,  ///< Our own work on a batch: hashes, codes, amounts, telling news from no news.
  compare,    ///< Asks the warehouse for what it has.
  write,      ///< Gives it what is new.
  commit,
  check_counts,   ///< Holds what was read against the source's own counts, which it asks for.
  check_amounts,  ///< Holds the amounts of the tables against the rows as they came.
};
inline constexpr std::array stages = {Stage::fetch,        Stage::transform, Stage::compare,
                                      Stage::write,        Stage::commit,    Stage::check_counts,
                                      Stage::check_amounts};
[[nodiscard]] constexpr std::string_view name(Stage stage) {
  constexpr std::array<std::string_view, stages.size()> names = {
      "fetch", "transform", "compare", "write", "commit", "check_counts", "check_amounts"};
  return names[static_cast<std::size_t>(stage)];
}

/// Sums up the time of each stage. Thread-safe.
class StageClock {
 public:
  /// `clock` must outlive it.
  explicit StageClock(const Clock& clock) : clock_(clock) {}

  [[nodiscard]] SteadyTime now() const { return clock_.steady(); }
  /// May be negative: what was counted in one stage and belongs to another.
  void add(Stage stage, SteadyTime::duration time) {
    spent_[static_cast<std::size_t>(stage)].fetch_add(time.count(), std::memory_order_relaxed);
  }
  [[nodiscard]] SteadyTime::duration spent(Stage stage) const {
    return SteadyTime::duration(
        spent_[static_cast<std::size_t>(stage)].load(std::memory_order_relaxed));
  }

 private:
  const Clock& clock_;
  std::array<std::atomic<SteadyTime::rep>, stages.size()> spent_{};
};

/// The time from its making to its end belongs to a stage.
class StageTime {
 public:
  StageTime(StageClock& clock, Stage stage) : clock_(clock), stage_(stage), began_(clock.now()) {}
  ~StageTime() { clock_.add(stage_, clock_.now() - began_); }
  StageTime(const StageTime&) = delete;
  StageTime& operator=(const StageTime&) = delete;

 private:
  StageClock& clock_;
  const Stage stage_;
  const SteadyTime began_;
};

}  // namespace tidemark::load
