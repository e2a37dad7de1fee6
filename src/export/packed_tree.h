#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "export/chunk.h"
#include "export/packed_manifest.h"
#include "export/path_template.h"
#include "export/stale_files.h"
#include "export/tree_folder.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// `20251203T170406-123456`: microseconds. Names of runs sort as the runs came.
[[nodiscard]] std::string packed_run_name(WallTime now);

/// The name of a run that begins now: later than every run of the tree, also when the clock was set
/// back since. The newest run is remembered in the index; a new index asks the manifests.
/// Errors: corrupt (a manifest, or its run's name), io, and those of the index.
[[nodiscard]] Result<std::string> next_packed_run(TreeIndex& index, const std::string& output,
                                                  WallTime now);

/// Appends blocks to part files in the staging folder and, when a run is done, brings them into
/// the tree: parts durable, parts renamed, manifests switched, old parts removed. Readers see the
/// old set of parts of a group or the new one, never a mixture. One thread at a time.
class PackedTree {
 public:
  struct Options {
    Mode mode = Mode::full;          ///< full: a group's new parts replace its old ones.
    std::string mode_name = "full";  ///< As the manifests note it.
    Compression compression = Compression::none;
    bool dry_run = false;
    std::string run;  ///< Sorts by time; first piece of the parts' names.
    std::string output;
    /// A part that has grown this large is closed and the next one begun.
    std::uint64_t part_bytes_max = 256 << 20;
  };
  struct Counts {
    std::uint64_t parts_written = 0;
    std::uint64_t parts_removed = 0;
    std::uint64_t bytes_written = 0;
    std::uint64_t rows_gone = 0;     ///< In groups that a full export does not meet any more.
    std::uint64_t gone_removed = 0;  ///< Of these, by `prune`.
    std::vector<std::string> gone_folders;
    std::vector<Error> failures{};  ///< Replaced parts, and gone groups, that could not be removed.
  };

  PackedTree(Options options, const std::string& state_directory);
  ~PackedTree();

  /// Errors: no_space, io.
  [[nodiscard]] Result<void> append(const std::string& tenant, const std::string& country,
                                    const PackedBlock& block);

  /// Likewise for the group that lives in `folder` of the tree (compacting).
  [[nodiscard]] Result<void> append_to(const std::string& folder, const PackedManifest& group,
                                       const PackedBlock& block);

  /// Publishes the parts of all groups for which `keep` is true; the others' are dropped.
  /// `window` of an incremental run is noted in the manifests. `whole`: a full export of
  /// everything, so that groups it did not meet are gone (removed if `prune`).
  [[nodiscard]] Result<Counts> commit(
      TreeIndex& index, const std::function<bool(const std::string& tenant)>& keep,
      const std::function<watermark::Window(const std::string& tenant)>& window, bool whole,
      bool prune);

  /// Carries out what the index notes as to be removed, but leaves parts that a manifest lists: a
  /// run that was killed in commit() noted its new parts and those that they replace, and only the
  /// manifests tell how far it came. Call at the start of a run.
  [[nodiscard]] static Result<StaleFiles> remove_unlisted(TreeIndex& index, TreeFolder& tree);

 private:
  struct OpenPart;
  struct Group;
  [[nodiscard]] Result<void> append(Group& group, const PackedBlock& block);
  [[nodiscard]] Result<void> roll(Group& group);
  void close_last(Group& group);
  [[nodiscard]] static Result<std::string> folder_for(TreeFolder& tree, const Group& group,
                                                      const std::set<std::string>& taken);

  Options options_;
  std::string state_directory_;
  std::string staging_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Group>> groups_;
  std::deque<Group*> open_;  ///< Those whose last part has a descriptor, oldest first.
  std::uint64_t next_ = 0;
};

}  // namespace tidemark::exporter
