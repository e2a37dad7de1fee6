#pragma once

#include <span>
#include <string>

#include "cli/command.h"

namespace tidemark::cli {

/// The help of the last command of `path`, in one language, in lines of at most `columns`.
[[nodiscard]] std::string help_text(std::span<const Command* const> path, Language language,
                                    std::size_t columns);

}  // namespace tidemark::cli
