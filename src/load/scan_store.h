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
  WallTime started_at{};
};

/// A window of a scan whose data is durable.
struct FinishedWindow {
  TimeWindow window;
  WallTime finished_at{};
};

/// What the reading of a window proves.
struct Proof {
  TimeWindow window;    ///< All of it has arrived. May be empty.
  bool founds = false;  ///< It is a watermark also where there was none.
  /// A watermark behind it lies in the future: a clock was wrong when it was set. One that founds
  /// takes its place.
  std::optional<CivilTime> latest{};
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

  /// The newest scan of that mode (and of that range, if one is given) that was not read to its
  /// end, and that finished a window (or began, if it has none) at `since` or later. Nullopt if
  /// there is none.
  [[nodiscard]] Result<std::optional<Scan>> unfinished(std::string_view mode,
                                                       const std::optional<TimeWindow>& range,
                                                       WallTime since);
  [[nodiscard]] Result<void> begin(const Scan& scan);
  /// The scan was read to its end. So nobody goes on with an older one that asked for the same:
  /// what that has read is older than what this one read. `any_range`: whatever its range.
  [[nodiscard]] Result<void> end(const Scan& scan, bool any_range, WallTime now);

  /// Windows of the scan whose data is durable, oldest first.
  [[nodiscard]] Result<std::vector<FinishedWindow>> finished_windows(const Scan& scan);
  /// The data of the window must be durable. Notes that, and moves the watermark over what it
  /// proves, as extend_complete() does: both or none.
  [[nodiscard]] Result<void> finish_window(const Scan& scan, const TimeWindow& window,
                                           std::uint64_t records, const Proof& proof, WallTime now);

  [[nodiscard]] Result<std::optional<Complete>> complete();
  /// Moves the watermark over what is proven if that adjoins what is complete; never back, but
  /// from the future.
  [[nodiscard]] Result<void> extend_complete(const Proof& proof);
  /// Makes `complete` the watermark of a stream that has none. False: it has one, and keeps it.
  [[nodiscard]] Result<bool> found_complete(const Complete& complete);

 private:
  [[nodiscard]] Result<bool> found_locked(const Complete& complete);
  [[nodiscard]] Result<void> set_complete(const Complete& complete);
  [[nodiscard]] Result<void> extend_locked(const Proof& proof);
  template <class Work>
  [[nodiscard]] Result<void> in_transaction(Work work);

  sql::Connection& connection_;
  const std::string platform_;
  const std::string stream_;
};

}  // namespace tidemark::load
