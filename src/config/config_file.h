#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "config/environment.h"

namespace tidemark::config {

/// Finds the configuration file: `given` (`--config`), else $TIDEMARK_CONFIG, ./tidemark.toml,
/// ${XDG_CONFIG_HOME:-~/.config}/tidemark/tidemark.toml, /etc/tidemark/tidemark.toml; the first
/// that exists. nullopt: there is none. Errors: invalid_config when the one that was named does not
/// exist.
[[nodiscard]] Result<std::optional<std::string>> find_config_file(
    const std::optional<std::string>& given, const Environment& environment);

/// Whether users other than the owner and his group may read it.
[[nodiscard]] bool readable_by_others(const std::string& path);

}  // namespace tidemark::config
