#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "export/tree_folder.h"

namespace tidemark::exporter {

/// The folder of a group in a packed tree: the one whose manifest names the group; for a new group
/// `{tenant}/{country}`, or with a mark if another group has that one (two names that clean to the
/// same, or differ in case only). A group stays in its folder also when a better name has become
/// free since. `tree` is nullptr if there is none yet; `taken` holds the fold_case() of the folders
/// that other groups of the run have got. Errors: corrupt (a manifest), io.
[[nodiscard]] Result<std::string> packed_folder_of(TreeFolder* tree, const std::string& tenant,
                                                   const std::string& country,
                                                   const std::set<std::string>& taken);

}  // namespace tidemark::exporter
