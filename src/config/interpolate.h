#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/environment.h"

namespace tidemark::config {

/// Whether `text` takes a value from elsewhere: it has a `${…}`.
[[nodiscard]] bool has_references(std::string_view text);

/// Fills in the references of a value of the configuration file:
///   ${VAR}            the variable; it must be set (it may be empty)
///   ${VAR:-default}   the default if the variable is not set or empty
///   ${file:PATH}      the content of the file, its last newline cut; a relative path starts at
///                     `folder`, the configuration file's own
///   $${               a literal `${`
/// References may stand in a default or a path (`${file:${CREDENTIALS_DIRECTORY}/password}`), not
/// in what was filled in. Errors: invalid_config, with the reason alone.
[[nodiscard]] Result<std::string> interpolate(std::string_view text, const Environment& environment,
                                              const std::string& folder);

}  // namespace tidemark::config
