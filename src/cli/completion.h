#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"

namespace tidemark::cli {

enum class Shell { bash, zsh, fish };

/// A completion script for the whole tree under `program`, to be sourced or installed. It is
/// self-contained: it needs no package of the shell and never calls the program. Descriptions
/// (zsh, fish) in `language`.
[[nodiscard]] std::string completion_script(const Command& program, Shell shell, Language language);

}  // namespace tidemark::cli
