#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "base/stop.h"
#include "export/path_template.h"
#include "export/tree_folder.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// Files of a tree that belong to no row of its index: what a crash left of a row that was gone
/// when the next run came, what another program or a person put there.
struct UnknownFiles {
  static constexpr std::size_t examples_max = 20;
  /// Named as the export names its files (ending, and the whole path template): a sweep may remove
  /// them.
  std::vector<std::string> exported;
  [[nodiscard]] std::vector<std::string> exported_examples() const {
    const auto shown = static_cast<std::ptrdiff_t>(std::min(examples_max, exported.size()));
    return {exported.begin(), exported.begin() + shown};
  }
  /// All may be another export's.
  void disown();
  std::uint64_t foreign = 0;  ///< All others, links too: never touched.
  std::vector<std::string> foreign_examples;
};

/// Of a folder below a tree: it is the state directory, or has one of its own.
[[nodiscard]] bool is_of_another_tree(const std::filesystem::path& folder);

/// Looks through the tree without following links: not into its state directory, nor into other
/// exports' trees in it (folders with a state directory of their own). A name that differs from the
/// index's in case only is known if it is the same file (output folders that ignore case). Known as
/// well are the names of `rejected_names` (name_hash() of plain stems), marked with a key or not:
/// the last good files of rows that cannot be exported now.
/// Errors: io, cancelled, and those of the index.
[[nodiscard]] Result<UnknownFiles> find_unknown_files(
    const std::string& output, TreeIndex& index, const PathTemplate& path,
    const std::unordered_set<std::int64_t>& rejected_names, const Stop& stop);

}  // namespace tidemark::exporter
