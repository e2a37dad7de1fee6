#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::config {

/// getenv, or a test's own.
using Environment = std::function<std::optional<std::string>(const std::string&)>;

/// The process's own. Not while another thread changes it.
[[nodiscard]] Environment system_environment();
/// The names of all variables of the process.
[[nodiscard]] std::vector<std::string> system_environment_names();

struct Variable {
  std::string value;
  std::string where;  ///< The variable that had it: `TIDEMARK_SOURCE` or `TIDEMARK_SOURCE_FILE`.
};

/// The value of `name`, or what the file named by `name_FILE` holds, its last newline cut, as
/// Docker and systemd hand over secrets. nullopt: neither is set. Errors: invalid_config when both
/// are set or the file cannot be read (at most 1 MiB).
[[nodiscard]] Result<std::optional<Variable>> read_variable(const Environment& environment,
                                                            const std::string& name);

/// A small file's content without its last newline: a secret. Errors: as read_file.
[[nodiscard]] Result<std::string> read_value_file(const std::string& path);

/// Whether another part reads this `TIDEMARK_*` variable: it is no setting and no mistake.
[[nodiscard]] bool is_foreign_variable(std::string_view name);

}  // namespace tidemark::config
