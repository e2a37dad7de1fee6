#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/civil_time.h"
#include "base/result.h"
#include "load/record.h"
#include "load/time_window.h"

namespace tidemark::load {

/// Where an extractor puts what it reads. Not thread-safe.
class PageSink {
 public:
  virtual ~PageSink() = default;
  /// An error ends the reading and is passed on.
  [[nodiscard]] virtual Result<void> take(Page page) = 0;
};

/// How the reading of a window went.
struct WindowReading {
  std::uint64_t pages = 0;
  /// Different ones, which the source's own count confirmed; one on the edge of two slices may
  /// count twice.
  std::uint64_t records = 0;
  std::uint64_t rereads = 0;  ///< Slices that were read again since page and total disagreed.
  /// Spans of the window, as short as the source can be asked for, of which count and pages never
  /// agreed, however often they were read, or in which a record is longer than an answer may be;
  /// what came of them was handed on, and all else of the
  /// window is proven. In order.
  std::vector<TimeWindow> unproven{};
  /// One of them has a record that is longer than an answer may be, which says nothing against the
  /// source's count.
  bool too_long = false;
  /// Where everything was read at once: how many different records the source listed, as its own
  /// count confirmed; nullopt for a source that counts nothing.
  std::optional<std::uint64_t> listed{};
};

/// Which times of its records a source can be asked for.
enum class WindowTime { created, changed };

/// What can be asked of a source.
struct Reach {
  WindowTime time = WindowTime::created;
  /// The longest window that read() takes; 0: it takes none, only everything.
  std::chrono::seconds window_max{};
  bool everything = false;  ///< read() takes everything at once.
  bool whole_days = false;  ///< A window is read as the days that it touches.
  CivilTime earliest{};     ///< Nothing of the source is older.
};

/// Reads one stream of one platform, window by window. One thread at a time; it waits on the
/// network and obeys the Stop it was made with.
class Extractor {
 public:
  virtual ~Extractor() = default;
  [[nodiscard]] virtual Reach reach() const = 0;
  /// What the source's clock is ahead of UTC.
  [[nodiscard]] virtual std::chrono::minutes utc_offset() const = 0;

  /// Hands every record of the window, or without one every record that there is, to `sink` at
  /// least once, in pages; records beside the window may come along. Success means that the
  /// source's own count agrees with the different records that were read, but for a few spans that
  /// WindowReading::unproven names. May be repeated.
  /// Errors: unreachable, timeout (after its retries), unauthorized (credentials, grants, IP list),
  /// corrupt (what came is no answer, or count and pages hardly ever agreed), query (the source
  /// refused the request), cancelled; those of the sink.
  [[nodiscard]] virtual Result<WindowReading> read(const std::optional<TimeWindow>& window,
                                                   PageSink& sink) = 0;
  /// As read(), but takes the window for one of creation where read() takes times of change.
  [[nodiscard]] virtual Result<WindowReading> read_created(const TimeWindow& window,
                                                           PageSink& sink) {
    return read(window, sink);
  }
  /// How many records that were created in the window the source counts, also where read() takes
  /// times of change. Where whole days are read: of whole days only. Elsewhere those of the second
  /// behind the window may be among them. Nullopt where the source tells no such count, or none
  /// that stands still. Thread-safe. Errors: those of read().
  [[nodiscard]] virtual Result<std::optional<std::uint64_t>> count(const TimeWindow& /*window*/) {
    return std::nullopt;
  }
};

}  // namespace tidemark::load
