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
/// that are no text are kept as `\xNN`; of more than 1 MiB the beginning is kept. Errors: those of
/// sql::Connection.
[[nodiscard]] Result<void> keep_refusals(sql::Connection& connection, const std::string& stream,
                                         std::span<const Refusal> refusals, WallTime now);

}  // namespace tidemark::relay
