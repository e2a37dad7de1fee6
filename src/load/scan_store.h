#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/time_window.h"
#include "sql/connection.h"

namespace tidemark::load {

/// One reading of a range of times.
struct Scan {
  std::string id;  ///< ULID.
  std::string mode;
  TimeWindow range;
};

/// The watermark of a stream: everything that was created (or changed, as the
/// source can be asked) between the two is known to have arrived.
struct Complete {
  CivilTime from;
  CivilTime upto;
};

/// What is kept about the readings of one stream: scans, their finished windows, the watermark.
/// Each call is a transaction of its own. Errors: those of Connection; corrupt.
class ScanStore {
 public:
  ScanStore(sql::Connection& connection, std::string platform, std::string stream)
      : connection_(connection), platform_(std::move(platform)), stream_(std::move(stream)) {}

  /// Makes the row of the stream, which its writers lock. May be repeated.
  [[nodiscard]] Result<void> register_stream();

  /// The newest scan of that mode and range that was not read to its end; nullopt if there is none.
  [[nodiscard]] Result<std::optional<Scan>> unfinished(std::string_view mode,
                                                       const TimeWindow& range);
  /// The newest scan of that mode that was not read to its end, and that finished a window (or
  /// began, if it has none) at `since` or later.
  [[nodiscard]] Result<std::optional<Scan>> unfinished_since(std::string_view mode, WallTime since);
  [[nodiscard]] Result<void> begin(const Scan& scan, WallTime now);
  [[nodiscard]] Result<void> end(const Scan& scan, WallTime now);

  /// Windows of the scan whose data is durable, oldest first.
  [[nodiscard]] Result<std::vector<TimeWindow>> finished_windows(const Scan& scan);
  /// The data of the window must be durable.
  [[nodiscard]] Result<void> finish_window(const Scan& scan, const TimeWindow& window,
                                           std::uint64_t records, WallTime now);

  [[nodiscard]] Result<std::optional<Complete>> complete();
  /// Everything of `proven` has arrived too. Moves the watermark if that adjoins what is complete;
  /// never back. `found`: also where nothing was complete so far.
  [[nodiscard]] Result<void> extend_complete(const TimeWindow& proven, bool found);
  /// Makes `complete` the watermark of a stream that has none. False: it has one, and keeps it.
  [[nodiscard]] Result<bool> found_complete(const Complete& complete);

 private:
  [[nodiscard]] Result<bool> found_locked(const Complete& complete);
  [[nodiscard]] Result<void> set_complete(const Complete& complete);
  [[nodiscard]] Result<void> extend_locked(const TimeWindow& proven, bool found);

  sql::Connection& connection_;
  const std::string platform_;
  const std::string stream_;
};

}  // namespace tidemark::load
