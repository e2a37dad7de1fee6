#pragma once

#include <string>

#include "base/result.h"
#include "base/text.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// An index that is made over a tree that has files learns of those whose rows are read. Those of
/// rows that were gone by then, or had moved, are nobody's: no full run counts them as gone, and
/// only a sweep finds them. A mark in the index remembers that until one has.
namespace unseen_files {

/// Marks an index in which no run has worked yet, if there are files named as an export names them
/// below `output`. Errors: those of the index.
[[nodiscard]] Result<void> expect(TreeIndex& index, const std::string& output);
[[nodiscard]] Result<bool> may_be(TreeIndex& index);
/// A sweep has looked at all files, and left none that belongs to no row.
[[nodiscard]] Result<void> are_none(TreeIndex& index);
/// With the command to run. `name` is the `[export.NAME]`.
[[nodiscard]] Message note(const std::string& name, const std::string& output);

}  // namespace unseen_files
}  // namespace tidemark::exporter
