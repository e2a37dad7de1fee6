#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

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
};

/// Reads one stream of one platform, window by window. One thread at a time; it waits on the
/// network and obeys the Stop it was made with.
class Extractor {
 public:
  virtual ~Extractor() = default;
  [[nodiscard]] virtual std::string_view platform() const = 0;  ///< `xiaoe`
  [[nodiscard]] virtual std::string_view stream() const = 0;    ///< `orders`
  /// The longest window that read() takes.
  [[nodiscard]] virtual std::chrono::seconds window_max() const = 0;
  /// What the source's clock is ahead of UTC.
  [[nodiscard]] virtual std::chrono::minutes utc_offset() const = 0;

  /// Hands every record of the window to `sink` at least once, in pages; a record of the second
  /// behind the window may come along. Success means that the source's own count of the window
  /// agrees with the different records that were read. May be repeated.
  /// Errors: unreachable, timeout (after its retries), unauthorized (credentials, grants, IP list),
  /// corrupt (what came is no answer, or count and pages never agreed), query (the source refused
  /// the request), cancelled; those of the sink.
  [[nodiscard]] virtual Result<WindowReading> read(const TimeWindow& window, PageSink& sink) = 0;
};

}  // namespace tidemark::load
