#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "export/chunk.h"
#include "export/packed_folder.h"
#include "export/packed_manifest.h"
#include "export/staged_parts.h"
#include "export/tree_folder.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// As manifests name a group's country.
[[nodiscard]] std::string packed_country(std::string_view country);

/// Appends blocks to part files in the staging folder and, when a run is done, brings them into
/// the tree: parts durable, parts renamed, manifests switched, old parts removed. Readers see the
/// old set of parts of a group or the new one, never a mixture. One thread at a time.
class PackedTree {
 public:
  struct Options {
    Mode mode = Mode::full;
    std::string mode_name = "full";  ///< As the manifests note it.
    Compression compression = Compression::none;
    bool dry_run = false;  ///< Decides and counts, but writes nothing.
    std::string run;       ///< See next_packed_run(); first piece of the parts' names.
    std::string output;
  };
  /// A group whose folder nobody can tell, since a manifest cannot be read, or which takes no file.
  /// In an incremental run also the other groups of its tenant.
  struct Unplaced {
    std::string tenant;
    std::string country;
    Error error;
  };
  /// What commit() did; in a dry run, would do.
  struct Commit {
    std::uint64_t parts_written = 0;
    std::uint64_t parts_removed = 0;
    std::uint64_t parts_kept = 0;  ///< Old ones that stand beside new ones.
    std::uint64_t bytes_written = 0;
    std::set<std::string> folders;   ///< Of the groups that have new parts.
    std::vector<Error> failures;     ///< Replaced parts that could not be removed.
    std::vector<Unplaced> unplaced;  ///< Groups that were not published. The others were.
  };
  /// What becomes of the parts that a group has. `folded`: as `replaced`, also where another group
  /// has no place, for each group's new parts hold all of its lines that are the newest.
  enum class OldParts { replaced, kept, folded };
  using IsPublished = std::function<bool(const std::string& tenant)>;
  using WindowOf = std::function<watermark::Window(const std::string& tenant)>;

  PackedTree(Options options, const std::string& state_directory);
  ~PackedTree();

  [[nodiscard]] const Options& options() const { return options_; }

  /// An empty country is `UNKNOWN`. Errors: no_space, io.
  [[nodiscard]] Result<void> append(const std::string& tenant, const std::string& country,
                                    PackedBlock block);

  /// Likewise for the group that lives in `folder` of the tree (compacting).
  [[nodiscard]] Result<void> append_to(const std::string& folder, const PackedManifest& group,
                                       PackedBlock block);

  /// Publishes the parts of all groups of the tenants that `is_published`; the others' are dropped.
  /// `window` of an incremental run is noted in the manifests. Once, after the last block.
  /// Where a group has no place, the others keep their old parts (unless they are folded): a row
  /// that moved into it may have its last line there.
  /// Errors: no_space, io, those of the index; compacting also corrupt (a manifest). Some groups
  /// may have their new parts by then; the next run removes the parts that no manifest lists.
  [[nodiscard]] Result<Commit> commit(TreeIndex& index, OldParts old_parts,
                                      const IsPublished& is_published, const WindowOf& window);

 private:
  struct Group {
    std::string tenant;
    std::string country;
    std::string folder{};  ///< Empty: found at commit.
    StagedParts::Group parts{};
  };
  struct Place {
    const Group* group;
    PackedFolders::Given given;
  };
  struct Places {
    std::vector<Place> found;
    std::vector<Unplaced> unplaced;
  };
  struct Plan {
    std::map<std::string, PackedManifest> manifests;         ///< By folder.
    std::vector<std::pair<std::string, std::string>> moves;  ///< Staged part → path in the tree.
    std::vector<std::string> old_parts;                      ///< That the new ones replace.
    std::uint64_t kept = 0;                                  ///< Other old ones of the groups.
  };
  [[nodiscard]] Result<Places> find_places(PackedFolders folders, TreeFolder* tree,
                                           const IsPublished& is_published) const;
  [[nodiscard]] Plan plan(const std::vector<Place>& places, OldParts old_parts,
                          const WindowOf& window) const;
  struct Moved {
    std::map<std::string, Error> closed{};  ///< Folders that did not take their parts, and why.
    std::vector<std::string> paths{};       ///< That parts have by now.
  };
  /// Errors: no_space.
  [[nodiscard]] static Result<Moved> move_parts(TreeFolder& tree, const Plan& plan);
  static void leave_out(Places& places, const std::map<std::string, Error>& why,
                        const std::function<const std::string&(const Place&)>& name_of);
  /// Incremental runs: the other groups of tenants of which a group has no place. Their watermark
  /// waits, and each run until then would add the same lines once more.
  void leave_out_tenants(Places& places) const;
  [[nodiscard]] Commit counted(const Plan& plan, std::vector<Unplaced> unplaced) const;
  [[nodiscard]] static Result<PackedFolders::Given> place_of(const Group& group,
                                                             PackedFolders& folders,
                                                             TreeFolder* tree);
  [[nodiscard]] PackedPart listed(const StagedPart& part, std::size_t number,
                                  const watermark::Window& window) const;
  [[nodiscard]] Result<void> note(TreeIndex& index, const Plan& plan) const;
  [[nodiscard]] Result<void> switch_manifests(TreeFolder& tree, const Plan& plan) const;

  Options options_;
  std::string state_directory_;
  StagedParts staged_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Group>> groups_;
};

}  // namespace tidemark::exporter
