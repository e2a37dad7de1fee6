#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "export/content_hash.h"
#include "export/key.h"
#include "export/source_table.h"
#include "export/tree_folder.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// A row of the source. Views into the cursor: valid until its next row.
struct SourceRow {
  Key key;
  std::string_view tenant;
  std::string_view country;  ///< Empty for NULL.
  std::string_view date;     ///< As the server writes it.
  std::string_view number;
  std::string_view payload;
  std::string_view update_time;  ///< Empty for NULL.
};

/// What is counted for one (tenant, country).
struct GroupCount {
  std::string tenant;
  std::string country;
  std::uint64_t rows = 0;
  std::uint64_t written = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t rejected = 0;
  std::uint64_t failed = 0;  ///< Read, but their file could not be written.
  Message error;             ///< The first failure.
};

/// The groups seen so far. Thread-safe.
class GroupTable {
 public:
  /// The group's number, stable for the run.
  [[nodiscard]] std::size_t id(std::string_view tenant, std::string_view country);
  /// Tenant and country.
  [[nodiscard]] std::pair<std::string, std::string> name(std::size_t group) const;
  void add(std::size_t group, const GroupCount& counts);
  /// What was written for the tenants that are not `is_published` did not come into the tree: it
  /// counts as failed.
  void withdraw(const std::function<bool(const std::string& tenant)>& is_published);
  /// Likewise for one group, whose country is UNKNOWN if it has none. How many rows it was.
  std::uint64_t withdraw_group(const std::string& tenant, const std::string& country,
                               const Message& error);
  [[nodiscard]] std::vector<GroupCount> all() const;
  [[nodiscard]] std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::size_t> ids_;
  std::vector<GroupCount> groups_;
};

/// What a sweep finds, and no timestamp shows.
enum class SweepFinding {
  no_update_time,       ///< NULL, zero or no time: no window ever takes the row.
  unmoved_update_time,  ///< New or changed, but stamped at or before the watermark.
  beyond_watermark,     ///< Not exported yet, or updated again and again inside the margin.
  future_update_time,   ///< Stamped more than a day ahead: no run takes the row until then.
  file_damaged,         ///< The row is as exported; its file is missing or differs.
};
inline constexpr std::size_t finding_kinds = 5;
[[nodiscard]] std::string_view name(SweepFinding finding);

/// SweepFindings of a sweep: how many of each kind, and the first few.
struct SweepFindings {
  struct Example {
    SweepFinding kind;
    Key key;
    std::string path;
  };
  static constexpr std::size_t examples_max = 20;
  std::array<std::uint64_t, finding_kinds> counts{};
  std::vector<Example> examples;

  void add(SweepFinding kind, const Key& key, const std::string& path);
  void add(const SweepFindings& other);
};

/// What a worker found that one row needs.
struct RowPlan {
  enum class Action {
    write,    ///< Staged; to be published under its name.
    adopt,    ///< The file is there with the right content, the index does not know it yet.
    refresh,  ///< The index knows it, but not its present size and time.
  };
  Key key;
  std::size_t group = 0;
  Action action = Action::write;
  bool known = false;  ///< The index had an entry when the worker looked.
  TreePath path;       ///< adopt, refresh: where the file is. write: plain name.
  ContentHash hash;
  FileStamp stamp;
  std::string staged;  ///< write: name in the chunk's staging folder.
  bool alone = false;  ///< write: no file had this name when the row was read, whatever its ending.
  bool placed = false;  ///< The publisher's: nothing is left to be done.
};

/// Lines of one group for its packed file (layout ndjson).
struct PackedBlock {
  std::size_t group = 0;
  std::uint64_t rows = 0;
  std::string bytes;  ///< Complete lines; compressed: one complete frame.
};

/// A tenant's window, or the whole table: what a watermark depends on. Done when nothing of it is
/// pending any more.
struct Job {
  std::string tenant;
  std::optional<watermark::Window> window;
  /// No window of the tenant was ever read with success: that it has no rows at all is to be
  /// proven.
  bool is_first = false;
  std::atomic<int> pending{1};  ///< Slices to be read and chunks to be published.
  std::atomic<std::uint64_t>* ended_jobs = nullptr;  ///< Counts those of which nothing is pending.
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> rejected{0};
  std::atomic<std::uint64_t> failed{0};  ///< Rows whose file could not be written.
  /// A row of it stands on the reject list until the run has read it once more.
  std::atomic<bool> sets_aside{false};
  bool recorded = false;  ///< Its line in the state file is up to date.

  /// One of what is pending came to its end, good or bad.
  void end_piece() {
    if (pending.fetch_sub(1) == 1 && ended_jobs != nullptr) ended_jobs->fetch_add(1);
  }
  [[nodiscard]] std::uint64_t exported() const {
    return rows.load() - rejected.load() - failed.load();
  }
  /// All of it is read and published.
  [[nodiscard]] bool is_done() const { return pending.load() == 0 && !error(); }
  /// Rows that could not be written, or stand outside of what is exported.
  void fail_with(const Error& error) {
    const std::lock_guard lock(mutex);
    if (!failure) failure = error;
  }
  /// A part of it was not read or not published: nobody knows which of its groups are complete.
  void abandon_with(const Error& error) {
    fail_with(error);
    whole.store(false);
  }
  /// All of it was read and published; rows that fail_with() tells of may stand outside.
  [[nodiscard]] bool is_whole() const { return whole.load(); }
  /// Its rows were packed, but their parts do not come into the tree.
  void withdraw(const Error& error) {
    failed += exported();
    abandon_with(error);
  }
  [[nodiscard]] std::optional<Error> error() const {
    const std::lock_guard lock(mutex);
    return failure;
  }

 private:
  mutable std::mutex mutex;
  std::optional<Error> failure;
  std::atomic<bool> whole{true};
};

/// A row that was rejected, and is good now.
struct MendedRow {
  Key key;
  std::size_t group = 0;
};

/// The rows of one slice, read in one snapshot and proven complete by its own count. Only such
/// chunks reach the tree.
struct Chunk {
  Job* job = nullptr;
  int staging = -1;  ///< The folder of its staged files, open.
  std::uint64_t rows = 0;
  std::uint64_t failed = 0;  ///< Of these: their files could not be written.
  std::uint64_t bytes = 0;   ///< Of payloads.
  std::vector<RowPlan> plans;
  std::vector<PackedBlock> blocks;
  SweepFindings findings;       ///< Sweeps only.
  std::vector<Reject> rejects;  ///< For the list: one a row, or one a key of several rows.
  /// Keys of several rows: those whose row that is kept is among the rows here, and those whose
  /// is not, though the tree is to have it.
  std::vector<Key> kept_here, kept_elsewhere;
  std::vector<MendedRow> mended;   ///< Good now, but still on the reject list.
  std::vector<std::int64_t> seen;  ///< Index ids of the known rows among them.
  std::vector<std::int64_t>
      rejected_names;  ///< name_hash() of rejects that the index does not know.
  /// By GroupTable::id(); rows, unchanged and rejected are filled in.
  std::unordered_map<std::size_t, GroupCount> groups;
};

}  // namespace tidemark::exporter
