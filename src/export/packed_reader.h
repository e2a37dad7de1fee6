#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "export/tree_folder.h"

namespace tidemark::exporter {

/// What tells the lines of packed files apart. Views into the line.
struct PackedLineHead {
  std::string_view key;          ///< As it stands in the line: a number or a JSON text with quotes.
  std::string_view update_time;  ///< Without quotes; empty for null.
};

/// Errors: corrupt, when the line does not begin as append_ndjson_line() writes it.
[[nodiscard]] Result<PackedLineHead> read_line_head(std::string_view line);

/// Calls `visit` with each line of a part of the tree (with its newline), decompressed by the
/// name's ending, one compressed block in memory at a time. Errors: not_found, io, corrupt, and
/// those of `visit`.
[[nodiscard]] Result<void> for_each_packed_line(
    TreeFolder& tree, const std::string& path,
    const std::function<Result<void>(std::string_view line)>& visit);

}  // namespace tidemark::exporter
