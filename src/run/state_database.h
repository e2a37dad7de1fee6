#pragma once

#include <memory>

#include "base/result.h"
#include "sql/connection.h"
#include "sql/url.h"

namespace tidemark::run {

/// Opens the state database for writing, with short timeouts: whoever keeps a record there must not
/// be held up. An SQLite file and its folder (0700) are made if they are missing.
/// Errors: those of sql::connect; io when the folder cannot be made.
[[nodiscard]] Result<std::unique_ptr<sql::Connection>> open_state(const sql::Url& url);

/// The same for those that share it and lock its rows: what another has locked is read as that one
/// left it, and who stands still in the midst of a transaction (his machine sleeps, his network is
/// gone) soon loses it.
[[nodiscard]] Result<std::unique_ptr<sql::Connection>> open_shared_state(const sql::Url& url);

}  // namespace tidemark::run
