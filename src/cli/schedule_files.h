#pragma once

#include "cli/command.h"

namespace tidemark::cli {

/// `tidemark schedule crontab` and `tidemark schedule systemd`: the configured jobs for those who
/// run no hub.
[[nodiscard]] Command crontab_command();
[[nodiscard]] Command systemd_command();

}  // namespace tidemark::cli
