#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "export/key.h"
#include "export/source_table.h"
#include "sql/connection.h"

namespace tidemark::exporter {

/// Which keys stand in more than one row of a table where nothing proves them unique, for all
/// readers of a run. Thread-safe.
///
/// A reader asks the database for the keys of its chunk. That costs nearly nothing where an index
/// leads to them, and a pass over the table where none does; which of both, no catalogue tells of a
/// view. So what the questions cost is added up, and when it is as much as a pass may be worth, one
/// is made for all chunks that follow: the run pays at most that much more than with the better way
/// from the beginning.
///
/// The pass is of one moment. Rows that come later and lie in this run's windows there are none:
/// these end before all that was open when the run began.
class KeyCensus {
 public:
  /// Both outlive it. Where more than `keys_max` keys are doubled, none is kept in memory: each
  /// chunk asks, as before the pass.
  KeyCensus(const SourceTable& table, const Clock& clock, std::size_t keys_max = 100'000)
      : table_(table), clock_(clock), keys_max_(keys_max) {}

  /// Those of `keys` that stand in more than one row; nullopt while the database is to be asked for
  /// them. May make the pass, for which others wait. `connection` is the caller's. Errors: those of
  /// the pass, which is made once only: whoever comes next is told to ask.
  [[nodiscard]] Result<std::optional<std::vector<Key>>> doubled(sql::Connection& connection,
                                                                std::span<const Key> keys);

  /// The database was asked, from `begin` until now.
  void asked_since(SteadyTime begin);
  [[nodiscard]] SteadyTime now() const { return clock_.steady(); }

  static constexpr std::chrono::seconds asking_max{2};

 private:
  [[nodiscard]] Result<void> take(sql::Connection& connection);

  const SourceTable& table_;
  const Clock& clock_;
  std::size_t keys_max_;
  std::atomic<SteadyTime::duration::rep> asking_{0};
  std::mutex mutex_;
  bool taken_ = false;
  std::optional<std::set<Key>> doubled_;  ///< nullopt, too, if they were too many.
};

}  // namespace tidemark::exporter
