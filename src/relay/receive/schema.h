#pragma once

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::receive {

/// Makes the receiver's tables or brings them up to date: received_events, received_vouchers,
/// received_sequences, tax_invoice_cache (docs/manual/receive.md). Times are UTC.
/// Errors: those of run::migrate.
[[nodiscard]] Result<void> migrate(sql::Connection& connection);

}  // namespace tidemark::receive
