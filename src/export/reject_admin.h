#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// The reject list of a tree, by key; empty without an index. Reads only, and takes no lock.
/// Errors: not_found (there is no such tree), corrupt, io.
[[nodiscard]] Result<std::vector<Reject>> list_rejects(const std::string& output);

/// Accepts the rejects with these keys, or all if nullopt: they stay on the list and are still
/// tried by every run, but make none partial, until the row changes. Returns how many were open.
/// Errors: locked, not_found (no such tree, or a key that is not on the list; then nothing is
/// changed), corrupt, io, no_space.
[[nodiscard]] Result<std::int64_t> accept_rejects(
    const std::string& output, const std::optional<std::vector<std::string>>& keys,
    const Clock& clock);

}  // namespace tidemark::exporter
