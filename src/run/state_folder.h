#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"

namespace tidemark::run {

/// ${XDG_STATE_HOME:-~/.local/state}/tidemark, where local state lives whatever database is
/// configured. A relative XDG_STATE_HOME is ignored, as its specification demands. Without a home:
/// /var/lib/tidemark.
[[nodiscard]] std::filesystem::path state_folder(
    const std::function<std::optional<std::string>(const std::string&)>& environment);

/// Makes the folder and what is missing above it, for the owner alone (0700). An existing folder
/// stays as it is. Errors: io, no_space.
[[nodiscard]] Result<void> make_private_folder(const std::filesystem::path& folder);

}  // namespace tidemark::run
