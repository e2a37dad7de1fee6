#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "export/chunk.h"
#include "export/packed_tree.h"
#include "export/round_journal.h"
#include "export/stale_files.h"
#include "export/tree_folder.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

struct PublishCounts {
  std::uint64_t written = 0;
  std::uint64_t removed = 0;
  std::uint64_t collisions = 0;
  std::uint64_t bytes_written = 0;
};

/// Brings proven chunks into the tree, in the order of durability: staged bytes durable, files
/// renamed into place, names durable, index, stale files removed. A thread of its own, so that the
/// readers never wait for a disk; chunks that queued up meanwhile share one round (group commit).
///
/// Decides names: an owner keeps its name; among the new rows of a run the smallest key gets it.
class Publisher {
 public:
  struct Options {
    std::int64_t run = 0;
    bool dry_run = false;  ///< Decide and count, but touch no file.
    /// Chunks that may wait; submit() blocks beyond that. What waits when the last row is read is
    /// published while the readers have nothing to do: long enough to share the cost of a sync, no
    /// longer.
    std::size_t queue_max = 4;
    std::string now_text;          ///< UTC, for the reject list.
    PackedTree* packed = nullptr;  ///< Layout ndjson: where blocks go.
    std::int64_t max_id = 0;       ///< Largest id of the index at the start; what seen() covers.
    bool had_files = true;         ///< The tree, before the run: siblings of new rows' files too.
  };

  /// `journal` is nullptr for a dry run.
  Publisher(TreeIndex& index, TreeFolder tree, RoundJournal* journal, GroupTable& groups,
            Options options);
  ~Publisher();

  /// Hands a chunk over; waits while the queue is full. Its job's `pending` goes down when the
  /// chunk is published or has failed.
  void submit(Chunk chunk);
  /// Waits until everything submitted so far is published.
  void drain();
  /// Publishes what waits, then stops. Errors that stopped the publishing as a whole (index
  /// damaged or disk full) are in failure().
  void finish();

  [[nodiscard]] const PublishCounts& counts() const { return counts_; }  ///< After finish().
  [[nodiscard]] std::optional<Error> failure() const;
  /// Whether the row behind an index id was met. Call after finish().
  [[nodiscard]] bool seen(std::int64_t id) const { return seen_[static_cast<std::size_t>(id)]; }
  /// name_hash() of the plain names of rejects that the index does not know. Their files, if there
  /// are any, are the last good ones. Call after finish().
  [[nodiscard]] const std::unordered_set<std::int64_t>& rejected_names() const {
    return rejected_names_;
  }
  /// Layout ndjson: rejects that are good now; theirs is to be erased when the parts are in the
  /// tree. Call after finish().
  [[nodiscard]] const std::vector<MendedRow>& mended_rows() const { return mended_rows_; }
  /// What became of the files that rows of this run left behind. After finish().
  [[nodiscard]] const StaleFiles& stale_files() const { return stale_files_; }
  /// Rejects that the run met again, good or bad. Call after drain() or finish().
  [[nodiscard]] const std::set<Key>& met_rejects() const { return met_rejects_; }
  [[nodiscard]] const SweepFindings& findings() const { return findings_; }  ///< After finish().
  /// Keys of several rows of which this run has written one, or found it written. After finish().
  [[nodiscard]] const std::set<Key>& kept_of_doubled() const { return kept_; }
  /// Rows whose adopted file went to another row: to be read once more and written. And keys of
  /// several rows of which the run met some, but not the one that is kept. Call after drain().
  [[nodiscard]] std::vector<Key> again() const;

 private:
  using Round = std::vector<Chunk>;

  void work();
  [[nodiscard]] Result<void> publish(Round& round);
  [[nodiscard]] Result<void> sync_staged(const Round& round);
  [[nodiscard]] Result<void> write_journal(const Round& round);
  [[nodiscard]] Result<void> publish_chunk(Chunk& chunk);
  /// The rows that the index did not know, as far as nobody has their key or name: all but a few of
  /// a first export. In their order, so that of two with one name the first gets it, be its file
  /// staged or in the tree already. Sets `placed` of theirs. The others come after them: to take a
  /// name they may move a file, and it must be in its place for that.
  [[nodiscard]] Result<void> place_fresh(Chunk& chunk);
  /// False: the row failed (its group's error is set); an Error: the whole round.
  [[nodiscard]] Result<void> publish_row(Chunk& chunk, RowPlan& plan);
  [[nodiscard]] Result<void> place_known(Chunk& chunk, RowPlan& plan, const TreeFile& before);
  [[nodiscard]] Result<void> place_new(Chunk& chunk, RowPlan& plan);
  /// Of a row that was entered as `id`: its staged file gets its place, or the one in the tree is
  /// its own from now on. Where neither is possible, the entry goes again.
  [[nodiscard]] Result<void> place_entered(Chunk& chunk, RowPlan& plan, const TreePath& path,
                                           std::int64_t id);
  /// Files of the same name with another ending: what an older exporter left, or another index
  /// knew.
  void leave_siblings(const TreePath& path);
  /// The file that has this row's content goes to another row, or is gone: the row is read once
  /// more. Until then it stands on the reject list, which later runs try whatever the watermark
  /// says.
  [[nodiscard]] Result<void> set_aside(Chunk& chunk, const RowPlan& plan);
  /// The stem that the row gets; may move a larger new key off the plain one.
  [[nodiscard]] Result<std::string> claim(const std::string& stem, const Key& key);
  [[nodiscard]] Result<std::string> free_marked_stem(const std::string& stem, const Key& key);
  /// Renames the staged file into place; false after noting the row's failure.
  [[nodiscard]] bool move_into_place(Chunk& chunk, RowPlan& plan, const TreePath& path);
  void row_failed(Chunk& chunk, const RowPlan& plan, const Error& error);
  /// Writes down which of the names that rows left behind are nobody's at the end of the round:
  /// another row of the round may have got one of them.
  [[nodiscard]] Result<void> note_removals();
  [[nodiscard]] Result<void> remove_stale();

  TreeIndex& index_;
  TreeFolder tree_;
  RoundJournal* journal_;
  GroupTable& groups_;
  Options options_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Chunk> queue_;
  bool finishing_ = false;
  bool at_work_ = false;
  std::optional<Error> failure_;
  PublishCounts counts_;  ///< The publisher's thread only.
  std::vector<Key> again_;
  std::vector<TreePath> left_behind_;  ///< In this round, by rows that moved.
  StaleFiles stale_files_;
  std::vector<std::string> stale_;       ///< Noted in the index, to be removed after the commit.
  SweepFindings findings_;               ///< The publisher's thread only.
  std::vector<MendedRow> mended_rows_;   ///< The publisher's thread only.
  std::set<Key> met_rejects_;            ///< The publisher's thread only.
  std::set<Key> kept_, kept_elsewhere_;  ///< Likewise: see Chunk.
  /// Of the chunk at work: rows that stay on the reject list if they are on it, since their files
  /// could not be written, or are to be.
  std::set<Key> left_on_list_;
  std::unordered_set<std::int64_t> rejected_names_;  ///< The publisher's thread only.
  std::vector<bool> seen_;  ///< One bit a row: the publisher's thread only.
  std::thread thread_;
};

}  // namespace tidemark::exporter
