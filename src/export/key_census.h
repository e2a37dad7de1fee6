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
/// A reader asks the database for the keys of its chunk. That takes milliseconds where an index
/// leads to them, and a pass over the table where none does; which of both, no catalogue tells of a
/// view. So the questions are timed. Where they take long each, and have taken long together, one
/// pass is made for all chunks that follow.
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
  /// them. May make the pass, for which others wait, and which is made once: where it fails, the
  /// database is asked as before. `connection` is the caller's, in the transaction of its slice.
  /// Errors: the connection's.
  [[nodiscard]] Result<std::optional<std::vector<Key>>> doubled(sql::Connection& connection,
                                                                std::span<const Key> keys);

  /// The database was asked, from `begin` until now.
  void asked_since(SteadyTime begin);
  [[nodiscard]] SteadyTime now() const { return clock_.steady(); }

  static constexpr std::chrono::seconds asking_max{2};
  /// No index leads to the keys where a question takes longer, on the average: a thousand keys by
  /// an index, on a network of 10 ms, take less.
  static constexpr std::chrono::milliseconds question_max{100};
  /// Many questions that are a little shorter are no better.
  static constexpr std::chrono::seconds asking_max_of_short_ones{60};

 private:
  [[nodiscard]] bool is_worth_it() const;
  [[nodiscard]] Result<void> take(sql::Connection& connection);

  const SourceTable& table_;
  const Clock& clock_;
  std::size_t keys_max_;
  std::atomic<SteadyTime::duration::rep> asking_{0};
  std::atomic<std::uint64_t> questions_{0};
  std::mutex mutex_;
  bool taken_ = false;
  std::optional<std::set<Key>> doubled_;  ///< nullopt, too, if they were too many.
};

}  // namespace tidemark::exporter
