#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace tidemark::exporter {

/// The nearest folder above `output` that is the tree of another export: it has a state directory
/// with a record of its source or with watermarks. (A folder of that name that holds neither is
/// somebody else's.) `output` need not exist; links in it are followed as a run would, none else. A
/// few look-ups for each folder on the way up; what cannot be looked at counts as none.
[[nodiscard]] std::optional<std::string> enclosing_tree(const std::string& output);

/// Refuses an output that lies in another export's tree: the two would take each other's files for
/// their own. A tree that is there already goes on; then gives the other one, in which nothing may
/// be removed that the index does not know. `name` is the `[export.NAME]`, for the hint.
/// Errors: invalid_config.
[[nodiscard]] Result<std::optional<std::string>> check_enclosing_tree(const std::string& output,
                                                                      const std::string& name);

}  // namespace tidemark::exporter
