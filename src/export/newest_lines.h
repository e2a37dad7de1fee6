#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/stop.h"
#include "export/index_db.h"
#include "export/packed_folder.h"
#include "export/tree_folder.h"

namespace tidemark::exporter {

/// The newest line of each key of a packed tree, whichever group it stands in: a line is newer when
/// its run is, within a run when its update time is. One pass over all parts finds them, a second
/// one gives those of one folder. Memory does not grow with the tree: the keys go to a temporary
/// SQLite file. One thread at a time; the tree's lock is held.
class NewestLines {
 public:
  /// Reads all manifests; none if there is no such tree. A group whose manifest is lost may have
  /// the newest line of any key, and so there is no telling then. Errors: corrupt, io.
  [[nodiscard]] static Result<NewestLines> open(const std::string& output, const Nobodys& nobodys);

  [[nodiscard]] std::size_t folders() const { return folders_.size(); }
  [[nodiscard]] const std::string& folder(std::size_t folder) const { return folders_[folder]; }
  [[nodiscard]] const PackedManifest& manifest(std::size_t folder) const {
    return manifests_[folder];
  }

  /// Which keys matter, as they stand in the lines (PackedLineHead::key).
  using IsWanted = std::function<bool(std::string_view key)>;
  /// Once, before the two below. Errors: corrupt (a part differs from its manifest), not_found,
  /// no_space, io, cancelled.
  [[nodiscard]] Result<void> find(const IsWanted& is_wanted, const Stop& stop);

  /// How many newest lines stand in the folder.
  [[nodiscard]] std::uint64_t rows(std::size_t folder) const { return rows_[folder]; }
  /// With their newline, parts in the order of their runs. Errors: as find(), and those of `visit`.
  using Visit = std::function<Result<void>(std::string_view line)>;
  [[nodiscard]] Result<void> for_each(std::size_t folder, const Stop& stop, const Visit& visit);

 private:
  struct Part {
    std::size_t folder = 0;
    std::size_t number = 0;       ///< In its manifest.
    std::int64_t first_line = 0;  ///< Lines are numbered through, parts in the order of their runs.
  };
  NewestLines(std::optional<TreeFolder> tree, IndexDb newest)
      : tree_(std::move(tree)), newest_(std::move(newest)) {}
  [[nodiscard]] Result<void> load(const std::string& output, const Nobodys& nobodys);
  [[nodiscard]] Result<void> find_in(Part& part, IndexStatement& put, const IsWanted& is_wanted,
                                     std::int64_t& line_number);
  [[nodiscard]] Result<void> count();
  [[nodiscard]] const PackedPart& listed(const Part& part) const {
    return manifests_[part.folder].parts[part.number];
  }
  [[nodiscard]] std::string path_of(const Part& part) const {
    return folders_[part.folder] + "/" + listed(part).file;
  }

  std::optional<TreeFolder> tree_;  ///< nullopt: there is none, and so no folder.
  IndexDb newest_;
  std::vector<std::string> folders_;
  std::vector<PackedManifest> manifests_;
  std::vector<std::uint64_t> rows_;
  std::vector<Part> parts_;
};

}  // namespace tidemark::exporter
