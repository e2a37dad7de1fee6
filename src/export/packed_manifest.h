#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "export/spec.h"
#include "export/tree_folder.h"

namespace tidemark::exporter {

/// One file of packed rows, as its folder's manifest lists it.
struct PackedPart {
  std::string file;  ///< `{run}-{part}.ndjson[.gz|.zst]`
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  ///< On disk.
  std::string xxh128;       ///< Of the file, as `xxh128sum` prints it.
  std::string run;          ///< Runs sort by time; the newest line of a key counts.
  std::string mode;         ///< `full`, `incremental`, `compact`
  std::string after;        ///< Window; empty for a full export.
  std::string upto;
};

/// `{tenant}/{country}/_manifest.json`: which parts make up a group. Readers take the parts that it
/// lists, in order, and nothing else; it is replaced as a whole.
struct PackedManifest {
  static constexpr std::string_view file_name = "_manifest.json";

  std::string tenant;
  std::string country;  ///< `UNKNOWN` for NULL and empty.
  std::vector<PackedPart> parts;

  [[nodiscard]] std::uint64_t rows() const;
  [[nodiscard]] std::string text() const;
  /// Errors: corrupt, also when a part's name is none of ours (such as `..`).
  [[nodiscard]] static Result<PackedManifest> parse(std::string_view text, const std::string& path);
  /// Of a folder of the tree; nullopt if there is none. Errors: corrupt, io.
  [[nodiscard]] static Result<std::optional<PackedManifest>> load(TreeFolder& tree,
                                                                  const std::string& folder);
  /// Where parts lie in a folder without one, and nothing is known to have left them.
  [[nodiscard]] static Error missing(const std::string& folder);
};

}  // namespace tidemark::exporter
