#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/json_check.h"
#include "base/result.h"
#include "base/stop.h"
#include "export/chunk_length.h"
#include "export/key_census.h"
#include "export/publisher.h"
#include "export/row_sink.h"
#include "export/rows_of_key.h"
#include "export/slice_queue.h"
#include "sql/connection.h"

namespace tidemark::exporter {

using Connect = std::function<Result<std::unique_ptr<sql::Connection>>()>;

/// What the progress bar shows. Written by the workers, read by anybody.
struct ReadCounts {
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> bytes{0};

  /// A slice of `tenant` (empty: of all) is being read from begin() to end().
  void begin(const std::string& tenant) {
    if (tenant.empty()) return;
    const std::lock_guard lock(mutex_);
    running_.insert(tenant);
  }
  void end(const std::string& tenant) {
    const std::lock_guard lock(mutex_);
    if (const auto found = running_.find(tenant); found != running_.end()) running_.erase(found);
  }
  /// Each name once.
  [[nodiscard]] std::vector<std::string> running() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names(running_.begin(), running_.end());
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
  }

 private:
  mutable std::mutex mutex_;
  std::multiset<std::string> running_;
};

/// One worker: takes slices off the queue, reads each in a snapshot of its own connection, checks
/// the rows and hands chunks to the publisher.
///
/// A slice that turns out large is cut: after as many rows as filled a chunk before, or
/// `bytes_per_chunk` bytes, its rest goes back to the queue. A chunk goes to the publisher only if
/// as many rows were read as the database itself counts in the same snapshot: with the probe that
/// finds where to cut, which passes over exactly that many rows, else with a COUNT.
class SliceReader {
 public:
  struct Options {
    std::uint64_t rows_per_chunk = 1024;      ///< At most.
    std::uint64_t bytes_per_chunk = 4 << 20;  ///< Of payloads; the row that reaches it is the last.
    bool connects_at_once = false;            ///< Else with the first slice.
    std::string zone;
    std::vector<std::string> required_fields;
    std::map<Key, ListedKey> listed_doubled;  ///< As the list stood before the run.
    KeyCensus* census = nullptr;              ///< Of all readers; outlives them.
    /// Cut connections and restarted servers: the slice is read again on a new connection.
    int attempts_max = 4;
  };

  SliceReader(Connect connect, const SourceTable& table, std::unique_ptr<RowSink> sink,
              GroupTable& groups, const std::set<Key>& known_rejects, SliceQueue& queue,
              Publisher& publisher, ReadCounts& counts, const Stop& stop, Options options);

  /// Works until the queue is drained or closed.
  void run();

 private:
  [[nodiscard]] Result<void> read_with_retries(SliceTask& task);
  [[nodiscard]] Result<void> connected();
  [[nodiscard]] Result<void> read(SliceTask& task);
  /// Rows that no statement could read again: the job fails, and says how many there are.
  [[nodiscard]] Result<void> look_for_unusable_keys(const SliceTask& task);
  /// Rows that no window can hold: likewise, so that the watermark does not pass over them.
  [[nodiscard]] Result<void> look_for_no_times(const SliceTask& task);
  /// Where a first window held no row: the tenant was found in the table, and so the comparison
  /// with it must find some row there. Else no run ever would, and say nothing. It says nothing
  /// either of a tenant that had a watermark before, and where the comparison finds others' rows.
  [[nodiscard]] Result<void> look_for_any_row(const SliceTask& task, std::uint64_t rows);
  [[nodiscard]] Result<bool> is_listed(const std::string& tenant);
  /// Cuts the slice to one chunk and gives its rest back to the queue.
  [[nodiscard]] Result<void> cut(SliceTask& task);
  void give_back_rest(SliceTask& task, const Position& upto);
  /// Compares the rows read with the database's count of the slice. Errors: corrupt.
  [[nodiscard]] Result<void> prove(const Slice& slice, std::uint64_t rows);
  [[nodiscard]] Result<std::optional<std::string>> counted(const Slice& slice);
  [[nodiscard]] Result<void> key_does_not_compare() const;
  [[nodiscard]] std::size_t group_of(const SourceRow& row);
  [[nodiscard]] Result<void> read_rows(SliceTask& task, Chunk& chunk);
  /// Likewise, where the database does not keep two rows from having one key: looks for such keys,
  /// and writes none of their rows over another's. The job fails unless they are accepted.
  [[nodiscard]] Result<void> read_unproven(SliceTask& task, Chunk& chunk);
  /// Forgets what was read of the slice, to read it again in the same snapshot.
  void begin_again(Chunk& chunk);
  /// Which of the keys that were met stand in more than one row.
  [[nodiscard]] Result<std::map<Key, DoubledKey>> find_doubled(const SliceTask& task);
  /// Those of the keys that were met that stand in rows that were not, too, with how many rows at
  /// least have each. Such a key in no row fails the job.
  [[nodiscard]] Result<std::map<Key, std::uint64_t>> find_rows_elsewhere(const SliceTask& task);
  /// Meets all rows of these keys anew, wherever they are. The job fails if some do not come back.
  [[nodiscard]] Result<void> meet_all_rows_of(const std::map<Key, std::uint64_t>& wanted, Job& job);
  /// Against the reject list; the job fails if it has others.
  void judge(SliceTask& task, std::map<Key, DoubledKey>& doubled) const;
  /// What becomes known of doubled keys besides their rows.
  void list_doubled(const SliceTask& task, Chunk& chunk) const;
  /// Adds how many rows of the table have each of the keys.
  [[nodiscard]] Result<void> count_rows_with(std::span<const Key> keys, bool exactly,
                                             std::map<Key, std::uint64_t>& rows);
  /// Tells the progress bar of the rows since the last call.
  void show_rows(const Chunk& chunk);
  /// What it was told of the slice: that is read again, or not at all.
  void take_back_shown();
  /// nullopt without a payload.
  [[nodiscard]] std::optional<SourceRow> row_at(const sql::Cursor& cursor);
  [[nodiscard]] Result<void> take_row(Chunk& chunk, const SourceRow& row);
  [[nodiscard]] Result<std::optional<JsonFault>> fault_of(const SourceRow& row,
                                                          const ContentHash& hash);
  [[nodiscard]] Result<void> meet(const SourceRow& row, const ContentHash& hash, bool is_good);
  /// Counts a rejected row whose key is on the list by other means.
  [[nodiscard]] Result<void> leave_out(Chunk& chunk, const SourceRow& row, std::size_t group);
  [[nodiscard]] Result<void> reject(Chunk& chunk, const SourceRow& row, std::size_t group,
                                    std::string reason);

  Connect connect_;
  const SourceTable& table_;
  std::unique_ptr<RowSink> sink_;
  GroupTable& groups_;
  const std::set<Key>& known_rejects_;
  SliceQueue& queue_;
  Publisher& publisher_;
  ReadCounts& counts_;
  const Stop& stop_;
  Options options_;
  std::unique_ptr<sql::Connection> connection_;
  ChunkLength length_;
  std::vector<std::string_view> key_parts_;  ///< Of the present row.
  /// Of the present slice, where nothing proves its keys: the rows that have each.
  std::map<Key, RowsOfKey> met_;
  std::map<Key, DoubledKey> doubled_;  ///< Of the present slice, known once it was read.
  std::map<Key, DoubledKey> crowded_;  ///< Those of very many rows, of all slices so far.
  /// The present slice was cut behind a row, where others may have its position.
  bool ended_early_ = false;
  bool ignores_bytes_ = false;  ///< The slice is read to its end, however large it is.
  /// Rows of the present slice as the probe counted them in the present snapshot.
  std::optional<std::uint64_t> probed_rows_;
  struct Shown {
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
  };
  Shown shown_;  ///< Of the present chunk, what counts_ has.
  std::unordered_map<std::string, std::size_t> group_ids_;  ///< Spares the shared table's lock.
  std::string group_name_;
};

}  // namespace tidemark::exporter
