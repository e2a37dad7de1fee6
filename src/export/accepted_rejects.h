#pragma once

#include <cstddef>
#include <optional>
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

struct TakenOver {
  std::size_t count = 0;            ///< Those that the index did not have.
  std::optional<Error> unreadable;  ///< What is wrong with the file; nothing was taken then.
};
/// Enters into `index` what the file lists, once in the life of each index: a mark in the index,
/// set in the same transaction, tells that it is done. So whoever opens an index that was only
/// just made, by a run that was killed or by another command, does it. Errors: those of the index.
[[nodiscard]] Result<TakenOver> take_over(TreeIndex& index, const std::string& state_directory);

/// Saves those that `index` has accepted; leaves the file alone if `index` did not take it over.
/// Errors: those of the index and of save().
[[nodiscard]] Result<void> keep(TreeIndex& index, const std::string& state_directory);

}  // namespace accepted_rejects
}  // namespace tidemark::exporter
