#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `replay`, the same below `tidemark subscriptions` and `tidemark deliveries`; `example` is its
/// line in the help.
[[nodiscard]] Command replay_command(std::string_view example);

/// `tidemark replays list|show|cancel`: what became of them.
[[nodiscard]] Command replays_command();

}  // namespace tidemark::cli
