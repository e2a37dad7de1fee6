#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// `{output}/.export_state/accepted_rejects.json`: the rejects that somebody accepted. All else
/// that the index holds can be made again from tree and source; what a person decided cannot, so it
/// stands here too and outlives an index that is lost or damaged.
namespace accepted_rejects {

inline constexpr std::string_view file_name = "accepted_rejects.json";

/// Empty if nobody accepted any. Errors: corrupt, io.
[[nodiscard]] Result<std::vector<Reject>> load(const std::string& state_directory);

/// Keeps those of `rejects` that are accepted; durable on return. Writes only what differs from the
/// file. Errors: no_space, io.
[[nodiscard]] Result<void> save(const std::string& state_directory,
                                const std::vector<Reject>& rejects);

}  // namespace accepted_rejects
}  // namespace tidemark::exporter
