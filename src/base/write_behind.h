#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/result.h"

namespace tidemark {

/// Does pieces of work one after the other on a thread of its own, so that the next batch is read
/// while the one before is written. At most one piece runs and one waits: memory stays bounded.
///
/// After a piece has failed nothing further is done. One thread gives work; the pieces run on
/// another, but what happened before give() is seen by them, and what they did is seen after
/// finish().
class WriteBehind {
 public:
  using Work = std::move_only_function<Result<void>()>;

  WriteBehind();
  /// Waits for the piece that runs; one that waits is not begun.
  ~WriteBehind();
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  /// Waits while another piece is waiting. Errors: that of a piece given before; `work` is dropped.
  [[nodiscard]] Result<void> give(Work work);
  /// Waits until all that was given is done. Errors: that of the piece that failed.
  [[nodiscard]] Result<void> finish();

 private:
  void run();
  [[nodiscard]] Result<void> state() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Work> waiting_;
  bool running_ = false;
  bool closed_ = false;
  std::optional<Error> failure_;
  std::thread thread_;  ///< Last: it uses the others.
};

}  // namespace tidemark
