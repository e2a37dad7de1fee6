#pragma once

#include <string>

#include "cli/context.h"
#include "relay/secret_box.h"
#include "sql/url.h"

namespace tidemark::cli {

/// The key that seals subscribers' secrets: TIDEMARK_MASTER_KEY or TIDEMARK_MASTER_KEY_FILE, else,
/// for an SQLite state, the file `<state>.key` beside it, which is made (0600) when it is missing.
/// A state on a server has no such place: there a key must be given.
/// Errors: invalid_config; those of SecretBox::from_file.
[[nodiscard]] Result<relay::SecretBox> open_secret_box(const Context& context,
                                                       const sql::Url& state);

/// `<state>.key`, for an SQLite state.
[[nodiscard]] std::string key_file_of(const sql::Url& state);

/// TIDEMARK_ADMIN_TOKEN or TIDEMARK_ADMIN_TOKEN_FILE; empty when neither is set.
[[nodiscard]] Result<std::string> given_admin_token(const Context& context);

}  // namespace tidemark::cli
