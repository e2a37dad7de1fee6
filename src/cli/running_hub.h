#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"
#include "relay/hub_client.h"

namespace tidemark::cli {

/// `--server`, for every command that talks to a hub.
[[nodiscard]] Flag server_flag();

/// A command of one thing of the hub: takes `thing` (its id, its name) and `--server`.
[[nodiscard]] Command command_of_one(std::string_view name, const Positional& thing,
                                     Wording summary, Example example,
                                     Result<ExitCode> (*run)(Context&));

/// The hub that runs at `--server`, else TIDEMARK_SERVER, else http://127.0.0.1:8000, with the
/// token in TIDEMARK_TOKEN or the file named by TIDEMARK_TOKEN_FILE. TIDEMARK_SERVER_CA names the
/// authority of a proxy in front of it (PEM), if that is a private one. Asks nothing yet.
/// Errors: invalid_config (no token, a server that is no URL); io.
[[nodiscard]] Result<relay::HubClient> running_hub(const Context& context);

/// For one segment of a path.
[[nodiscard]] std::string path_segment(std::string_view text);

}  // namespace tidemark::cli
