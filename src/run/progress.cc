#include "run/progress.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace tidemark::run {
namespace {

constexpr std::chrono::milliseconds redraw_interval{100};
constexpr std::string_view erase_line = "\r\033[K";

}  // namespace

ProgressPainter::ProgressPainter(ProgressOptions options, const Clock& clock,
                                 ProgressCallback callback)
    : options_(std::move(options)),
      clock_(clock),
      callback_(std::move(callback)),
      start_(clock.steady()),
      // The first line says something only after an interval; a bar is there at once.
      due_(start_ + (options_.mode == ProgressMode::bar ? std::chrono::milliseconds{0}
                                                        : options_.line_interval)) {
  rate_.observe(start_, 0);
}

void ProgressPainter::tick() {
  if (options_.mode == ProgressMode::off) return;
  // Outside the lock: the callback may log, and the log calls hide().
  ProgressSnapshot snapshot = callback_();
  const std::scoped_lock lock(mutex_);
  const SteadyTime now = clock_.steady();
  if (finished_ || paused_ || now < due_) return;
  due_ = now + (options_.mode == ProgressMode::bar ? redraw_interval : options_.line_interval);
  rate_.observe(now, snapshot.records_done);
  draw({.snapshot = std::move(snapshot),
        .elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - start_),
        .records_per_second = rate_.per_second()});
}

void ProgressPainter::finish() {
  if (options_.mode != ProgressMode::bar) return;
  ProgressSnapshot snapshot = callback_();
  const std::scoped_lock lock(mutex_);
  if (std::exchange(finished_, true)) return;
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - start_);
  // Of the whole run, now that it is over.
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const double rate =
      seconds > 0 ? static_cast<double>(snapshot.records_done) / seconds : rate_.per_second();
  draw({.snapshot = std::move(snapshot), .elapsed = elapsed, .records_per_second = rate});
  options_.write("\n");
  drawn_.clear();
}

void ProgressPainter::hide() {
  const std::scoped_lock lock(mutex_);
  if (!drawn_.empty()) options_.write(erase_line);
}

void ProgressPainter::show() {
  const std::scoped_lock lock(mutex_);
  if (!drawn_.empty()) options_.write(drawn_);
}

void ProgressPainter::pause(bool paused) {
  const std::scoped_lock lock(mutex_);
  paused_ = paused;
  if (!paused || drawn_.empty()) return;
  options_.write(erase_line);
  drawn_.clear();
}

void ProgressPainter::draw(ProgressView view) {
  if (!finished_ && options_.stopping()) view.snapshot.phase = Message{"stopping", "正在停止"};
  switch (options_.mode) {
    case ProgressMode::off:
      return;
    case ProgressMode::lines:
      return options_.write(status_line(view, options_.language));
    case ProgressMode::json:
      return options_.write(status_json(view));
    case ProgressMode::bar: {
      // One column less: a cursor behind the last one wraps on some terminals.
      const std::size_t columns = std::max<std::size_t>(options_.columns(), 2) - 1;
      drawn_ = bar_line(view, options_.language, columns);
      return options_.write(std::string(erase_line) + drawn_);
    }
  }
}

ProgressDisplay::ProgressDisplay(ProgressOptions options, const Clock& clock,
                                 ProgressCallback callback)
    : mode_(options.mode), painter_(std::move(options), clock, std::move(callback)) {
  if (mode_ == ProgressMode::off) return;
  if (mode_ == ProgressMode::bar)
    set_log_brackets([this] { painter_.hide(); }, [this] { painter_.show(); });
  thread_ = std::thread([this] { loop(); });
}

ProgressDisplay::~ProgressDisplay() { finish(); }

void ProgressDisplay::finish() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
  painter_.finish();
  if (mode_ == ProgressMode::bar) set_log_brackets({}, {});
}

void ProgressDisplay::loop() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    painter_.tick();
    lock.lock();
    wake_.wait_for(lock, redraw_interval, [this] { return ending_; });
  }
}

}  // namespace tidemark::run
