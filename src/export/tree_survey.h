#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/stop.h"

namespace tidemark::exporter {

/// What lies in an export tree, by the names of its files alone.
struct TreeSurvey {
  std::map<std::string, std::uint64_t> files;  ///< By ending: `.json`, `.json.gz`, `.json.zst`.
  std::uint64_t tenants = 0;                   ///< Folders with such files.
  std::uint64_t unknown = 0;                   ///< Files that no exporter gives such names.
  std::vector<std::string> unknown_examples;   ///< The first few, below the tree.

  [[nodiscard]] std::uint64_t total() const;
};

/// Looks through `tree` without its state directory and without following links. A file
/// `{tenant}/{country}/{date}+{number}.json[.gz|.zst]` counts by its ending.
/// Errors: not_found, io, cancelled.
[[nodiscard]] Result<TreeSurvey> survey_tree(const std::string& tree, const Stop& stop);

}  // namespace tidemark::exporter
