#pragma once

#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "redis/consumer_group.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// An entry that cannot be published, with the reason.
struct Refusal {
  redis::StreamEntry entry;
  std::string reason;  ///< English.
};

/// The table `stream_refusals`: entries that no repetition makes any better. They are kept here
/// before they are acknowledged, so that none is lost; somebody mends and publishes them.
/// Errors: those of run::migrate.
[[nodiscard]] Result<void> migrate_refusals(sql::Connection& connection);

/// Keeps them; one that is there already stays as it is. Inside the caller's transaction. Bytes
/// that are no text are kept as `\xNN`. Of an entry that is longer than 1 MiB the beginning of each
/// field is kept; of one that is still too long for the server, the names of its fields. Errors:
/// those of sql::Connection.
[[nodiscard]] Result<void> keep_refusals(sql::Connection& connection, const std::string& stream,
                                         std::span<const Refusal> refusals, WallTime now);

/// Deletes those from before `before`, at most `limit`. True: there may be more. Inside the
/// caller's transaction. Errors: those of sql::Connection.
[[nodiscard]] Result<bool> prune_refusals(sql::Connection& connection, WallTime before,
                                          std::int64_t limit);

}  // namespace tidemark::relay
