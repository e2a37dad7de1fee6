#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark stream-refusals`: entries of the Redis stream that a hub could not publish.
[[nodiscard]] Command stream_refusals_command();

}  // namespace tidemark::cli
