#pragma once

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// Makes the views that answer what finance teams ask of the log of deliveries, the same numbers as
/// GET /api/v1/sync/stats: `v_sync_success_24h`, `v_sync_delay_1h`, `v_sync_failures`
/// (docs/manual/relay.md). The relay's tables must be there.
/// Errors: those of run::migrate.
[[nodiscard]] Result<void> migrate_views(sql::Connection& connection);

}  // namespace tidemark::relay
