#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "base/text.h"
#include "run/progress_line.h"
#include "run/rate_meter.h"

namespace tidemark::run {

enum class ProgressMode {
  off,
  bar,    ///< One line that is drawn over and over, on a terminal.
  lines,  ///< A status line now and then; never `\r`.
  json,   ///< Likewise, as JSON.
};

struct ProgressOptions {
  ProgressMode mode = ProgressMode::off;
  Language language = Language::english;
  std::chrono::milliseconds line_interval{10'000};  ///< lines and json.
  /// bar: takes bytes for the terminal as they are. lines, json: takes one line without newline.
  std::function<void(std::string_view)> write;
  /// bar: columns of the terminal, asked at each drawing, so that a resized window needs no signal.
  std::function<std::size_t()> columns = [] { return std::size_t{80}; };
  /// Whether the job was asked to stop and still finishes what it has in hand: then that is told.
  std::function<bool()> stopping = [] { return false; };
};

using ProgressCallback = std::function<ProgressSnapshot()>;

/// Draws where a job stands whenever it is told the time. Thread-safe. Without a thread of its own,
/// so that a test turns the clock; ProgressDisplay adds the thread.
class ProgressPainter {
 public:
  /// `clock` must outlive it.
  ProgressPainter(ProgressOptions options, const Clock& clock, ProgressCallback callback);

  /// Asks the callback and draws, if it is time: a bar at most every 100 ms, a line each interval.
  void tick();
  /// The last state, drawn once more; a bar stays on the screen and the cursor leaves its line.
  void finish();
  /// For the log: takes the bar off the screen, puts it back.
  void hide();
  void show();
  /// Off the screen, and nothing is drawn until it is resumed.
  void pause(bool paused);

 private:
  void draw(ProgressView view);

  const ProgressOptions options_;
  const Clock& clock_;
  const ProgressCallback callback_;
  const SteadyTime start_;
  std::mutex mutex_;
  RateMeter rate_;
  SteadyTime due_;
  std::string drawn_;  ///< bar: what stands on the line now; empty: nothing.
  bool finished_ = false;
  bool paused_ = false;
};

/// Shows the progress of a job from construction to finish(). The callback is called from a thread
/// of its own and must be thread-safe; it may log. One bar at a time (it hooks into the log).
class ProgressDisplay {
 public:
  ProgressDisplay(ProgressOptions options, const Clock& clock, ProgressCallback callback);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// Leaves the terminal to somebody else (a question) until it is resumed.
  void pause() { painter_.pause(true); }
  void resume() { painter_.pause(false); }
  /// Draws the last state and ends; what is printed afterwards stands below. May be called twice.
  void finish();

 private:
  void loop();

  const ProgressMode mode_;
  ProgressPainter painter_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace tidemark::run
