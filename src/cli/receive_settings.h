#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"
#include "http/signature.h"
#include "relay/hub_client.h"
#include "relay/receive/receiver.h"
#include "sql/url.h"

namespace tidemark::cli {

/// `--secret`, `--style`, `--tolerance`: what a signature is checked with.
[[nodiscard]] std::vector<Flag> signature_flags();
/// `--database`
[[nodiscard]] Flag receive_database_flag();

/// `--hub`
[[nodiscard]] std::vector<Flag> hub_flags();

/// Errors: invalid_config for a style that there is not.
[[nodiscard]] Result<http::SignaturePolicy> signature_policy(const config::Settings& settings);
/// Errors: invalid_config when there is no secret, or an empty one.
[[nodiscard]] Result<std::vector<std::string>> webhook_secrets(const config::Settings& settings);
/// Errors: invalid_config.
[[nodiscard]] Result<sql::Url> receive_database_url(const Context& context);
/// `receive.hub` with TIDEMARK_TOKEN (or TIDEMARK_TOKEN_FILE). Errors: invalid_config when there is
/// none, or it is no URL.
[[nodiscard]] Result<relay::HubClient> configured_hub(const Context& context);
/// What `receive check` and `receive lookup` compare.
struct HubAndStore {
  relay::HubClient hub;
  receive::ReceiverStore store;
};
/// The configured hub, and the receiver's database, opened. Errors: those of configured_hub, of
/// receive_database_url and of ReceiverStore::open.
[[nodiscard]] Result<HubAndStore> open_hub_and_store(const Context& context);
/// All of `receive.*`. Errors: invalid_config.
[[nodiscard]] Result<receive::ReceiverOptions> receiver_options(const Context& context);

}  // namespace tidemark::cli
