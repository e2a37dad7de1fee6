#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "load/gap_store.h"
#include "load/table.h"
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
  /// Spans of it that could not be read whole: they become gaps.
  std::vector<TimeWindow> unproven{};
  /// What arrived is still to be compared with the source's counts.
  bool unchecked = false;
};

/// A window that is in the warehouse and was not compared with the source's counts yet.
struct UncheckedWindow {
  std::string scan_id;
  WallTime scan_started_at{};
  TimeWindow window;
};

/// The watermark of a stream: everything that was created (or changed, as the
/// source can be asked) between the two is known to have arrived, but for its gaps.
struct Complete {
  CivilTime from;
  CivilTime upto;
};

/// The amounts of all records that a re-scan from `from` on had read, and that had settled, were
/// those of the source.
struct AmountsCompared {
  CivilTime from;
  WallTime at{};  ///< When the scan began whose rows they were compared with.
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
  /// The data of the window must be durable. Notes that, moves the watermark over what it proves,
  /// as extend_complete() does, and brings the gaps up to date: all or nothing. Of two windows of
  /// the scan that begin with the same second the longer one stays noted.
  [[nodiscard]] Result<void> finish_window(const Scan& scan, const TimeWindow& window,
                                           std::uint64_t records, const Proof& proof, WallTime now);

  /// Those of the newest scan first, each scan's by time.
  [[nodiscard]] Result<std::vector<UncheckedWindow>> unchecked();
  /// They were compared.
  [[nodiscard]] Result<void> note_checked(std::span<const UncheckedWindow> windows);

  /// The last re-scan whose records were all compared by their amounts, none of which was off.
  [[nodiscard]] Result<std::optional<AmountsCompared>> amounts_compared();
  [[nodiscard]] Result<void> note_amounts_compared(const AmountsCompared& compared);
  /// One was found that is off.
  [[nodiscard]] Result<void> forget_amounts_compared();

  [[nodiscard]] Result<std::vector<Gap>> gaps();
  /// Accepts the open gaps that lie in `range`, for the reason that a person gave; returns how
  /// many.
  [[nodiscard]] Result<std::int64_t> accept_gaps(const TimeWindow& range, const std::string& reason,
                                                 WallTime now);

  [[nodiscard]] Result<std::optional<Complete>> complete();
  /// Moves the watermark over what is proven if that adjoins what is complete; never back, but
  /// from the future.
  [[nodiscard]] Result<void> extend_complete(const Proof& proof);
  /// Makes `complete` the watermark of a stream that has none, on the word of another program: all
  /// of it is a gap that is called imported. False: it has one, and keeps it.
  [[nodiscard]] Result<bool> import_complete(const Complete& complete, WallTime now);

 private:
  /// A row of a window, unless a longer one that begins with it is there: a gap that begins with a
  /// window is read again apart from it, and must not take its place.
  [[nodiscard]] Result<void> note_longest(const TableSpec& table, const Scan& scan,
                                          const TimeWindow& window, const sql::Values& row);
  [[nodiscard]] Result<bool> import_locked(const Complete& complete, WallTime now);
  [[nodiscard]] GapStore gap_store() { return {connection_, platform_, stream_}; }
  [[nodiscard]] Result<void> set_complete(const Complete& complete);
  [[nodiscard]] Result<void> extend_locked(const Proof& proof);
  template <class Work>
  [[nodiscard]] Result<void> in_transaction(Work work);

  sql::Connection& connection_;
  const std::string platform_;
  const std::string stream_;
};

}  // namespace tidemark::load
