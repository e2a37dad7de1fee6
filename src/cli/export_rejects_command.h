#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark export rejects list|accept|retry`
[[nodiscard]] Command export_rejects_command();

}  // namespace tidemark::cli
