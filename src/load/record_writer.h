#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/pause.h"
#include "base/result.h"
#include "load/raw_layer.h"
#include "load/scan_store.h"
#include "load/stream_tables.h"
#include "sql/connection.h"

namespace tidemark::load {

/// Rows of one transaction of a load. More make it no faster, and each waits in memory.
inline constexpr std::size_t batch_rows_max = 2000;

/// What became of the rows of a batch.
struct BatchOutcome {
  std::uint64_t rows = 0;      ///< As they came, repeats included.
  std::uint64_t repeats = 0;   ///< The same record again within the batch.
  std::uint64_t inserted = 0;  ///< Records that are new.
  std::uint64_t unchanged = 0;
  std::uint64_t older = 0;  ///< The warehouse has a newer state of the record.
  /// Of these: at the same moment something else was read. Of a file that means that it is read in
  /// another way now.
  std::uint64_t same_moment = 0;
  std::uint64_t redated =
      0;  ///< Records that had been seen in the future, by a clock that was wrong.
  std::vector<ChangedRecord> late{};  ///< New, though expect_known() said that they are not.
  std::vector<ChangedRecord> changed{};
  std::vector<Message> rejected{};  ///< `o_1: price is missing`
  std::uint64_t accepted = 0;       ///< Further ones that cannot be stored, as somebody knows.
  std::set<UnknownCode> unknown_codes{};

  void add(BatchOutcome more);
};

/// Opens a connection to the warehouse; asked again when one broke.
using ConnectWarehouse = std::function<Result<std::unique_ptr<sql::Connection>>()>;

/// Takes raw rows of a stream into the warehouse: raw layer, business tables and rejects, batch by
/// batch, each in one transaction. All writers of a stream take turns (a lock on its row in
/// load_streams), so none sees half of another's batch, and two can never deadlock.
///
/// Of two states of a record the one with the newer stamp of the source wins; where there is none,
/// or they are equal, the newer observation: whatever the order in which batches arrive. A row
/// without news is not touched, but for its stamp in raw_seen. An observation that lies in the
/// future is none: a clock was wrong, and what is read now is newer. A transaction that met a
/// deadlock with somebody else, or lost its connection, is done again. One that the database
/// refuses is done in halves, until the few rows are found that it does not take; these are set
/// aside.
class RecordWriter {
 public:
  /// Opens the connection. The warehouse's tables must be there; with `dry_run` nothing is written,
  /// and they may be missing. `tables`, `pause` and `clock` must outlive it.
  /// Errors: those of `connect`.
  [[nodiscard]] static Result<RecordWriter> open(ConnectWarehouse connect,
                                                 const StreamTables& tables, bool dry_run,
                                                 Pause& pause, const Clock& clock);

  /// All records that were created in `complete`, but not in a span that no scan has proven, should
  /// be known: those that are not are told.
  void expect_known(const TimeWindow& complete, std::vector<TimeWindow> unproven = {}) {
    complete_ = complete;
    unproven_ = std::move(unproven);
  }

  /// Errors: those of Connection, after a few attempts; then the warehouse is as it was, or has a
  /// part of the batch.
  [[nodiscard]] Result<BatchOutcome> write(std::vector<Observed> batch, std::string_view scan_id);

  /// The watermark of the stream; nullopt if there is none. Errors: those of Connection; corrupt.
  [[nodiscard]] Result<std::optional<Complete>> complete();
  /// Its gaps. Errors: likewise.
  [[nodiscard]] Result<std::vector<Gap>> gaps();

 private:
  struct Sorted;

  RecordWriter(ConnectWarehouse connect, const StreamTables& tables, bool dry_run, Pause& pause,
               const Clock& clock)
      : connect_(std::move(connect)),
        tables_(&tables),
        stream_(name(tables.kind())),
        dry_run_(dry_run),
        pause_(&pause),
        clock_(&clock) {}

  [[nodiscard]] Result<void> reconnect();
  [[nodiscard]] std::uint64_t fold(std::vector<Observed>& batch) const;
  /// `refusal`: why none of these rows can be stored; nullptr: they may be.
  [[nodiscard]] Result<BatchOutcome> repeated(std::vector<Observed>& batch,
                                              std::string_view scan_id, const Error* refusal);
  /// Counts up `refused`, the rows that the database did not take and of which that was not known.
  [[nodiscard]] Result<BatchOutcome> halved(std::vector<Observed> batch, std::string_view scan_id,
                                            int& refused);
  /// Whether the row is set aside, or accepted, with this content.
  [[nodiscard]] Result<bool> known_refused(const Observed& row);
  [[nodiscard]] Result<BatchOutcome> attempt(std::vector<Observed>& batch, std::string_view scan_id,
                                             const Error* refusal);
  [[nodiscard]] Result<BatchOutcome> within_transaction(std::vector<Observed>& batch,
                                                        std::string_view scan_id,
                                                        const Error* refusal);
  /// Tells apart what nobody has accepted.
  [[nodiscard]] Result<void> tell_refused(const Sorted& sorted, BatchOutcome& outcome);
  [[nodiscard]] Result<std::set<std::string>> older(RawLayer& layer, std::vector<Observed>& batch,
                                                    const std::map<std::string, Seen>& seen) const;
  [[nodiscard]] Result<void> redate(RawLayer& layer, const std::vector<Observed>& batch,
                                    std::map<std::string, Seen>& seen, BatchOutcome& outcome) const;
  [[nodiscard]] Sorted sorted(const std::vector<Observed>& batch,
                              const std::map<std::string, Seen>& seen,
                              const std::set<std::string>& older, const Error* refusal,
                              BatchOutcome& outcome) const;
  [[nodiscard]] Result<void> write_rejects(const Sorted& sorted, std::string_view scan_id);
  [[nodiscard]] RawLayer raw() { return RawLayer(*connection_, tables_->platform(), stream_); }

  ConnectWarehouse connect_;
  const StreamTables* tables_;
  std::string stream_;
  bool dry_run_;
  Pause* pause_;
  const Clock* clock_;
  std::optional<TimeWindow> complete_;
  std::vector<TimeWindow> unproven_;
  std::unique_ptr<sql::Connection> connection_;
  bool has_tables_ = true;  ///< False: a dry run into a warehouse that is not there yet.
  bool has_gaps_ = true;    ///< False: likewise, an older Tidemark made it.
};

/// As the batch wants it: the hash made, and an id that can be a key.
[[nodiscard]] Observed observed_row(std::string id, std::string payload, WallTime observed_at);

}  // namespace tidemark::load
