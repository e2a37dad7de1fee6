#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "export/chunk.h"
#include "export/source_table.h"

namespace tidemark::exporter {

/// A slice somebody has to read.
struct SliceTask {
  Job* job = nullptr;
  Slice slice;
  bool cut = false;  ///< Its end stands: when it is read again after an error, too.
};

/// The work that is left. Reading a slice may put its rest back, so the queue is drained only when
/// it is empty and nobody is at work. Thread-safe.
class SliceQueue {
 public:
  void put(SliceTask task);
  /// To the front: the rest of a slice, so that a big tenant is spread over all workers at once.
  /// False if the queue was closed: the task is not taken.
  [[nodiscard]] bool put_first(SliceTask task);
  /// Waits for work; nullopt when all is done or the queue was closed.
  [[nodiscard]] std::optional<SliceTask> take();
  /// Must follow each take(), when the task is finished.
  void done();
  /// No new work is handed out: somebody asked to stop. Returns what was left.
  [[nodiscard]] std::deque<SliceTask> close();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<SliceTask> tasks_;
  int at_work_ = 0;
  bool closed_ = false;
};

}  // namespace tidemark::exporter
