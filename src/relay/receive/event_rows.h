#pragma once

#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result.h"
#include "relay/receive/received_event.h"
#include "sql/connection.h"

namespace tidemark::receive {

/// (source_system, event_id): what a repeat is recognised by.
using EventKey = std::pair<std::string, std::string>;

/// Several rows of each table in one statement: one round trip does for many events. Inside the
/// caller's transaction. Errors of all: those of sql::Connection.

/// Writes to received_events. Returns how many were not there.
[[nodiscard]] Result<std::int64_t> insert_event_ids(sql::Connection& connection,
                                                    std::span<const EventKey> keys,
                                                    const std::string& now);
/// Of each record the newest event, unless the table has a newer one: received_vouchers, and
/// tax_invoice_cache for those about an invoice.
[[nodiscard]] Result<void> write_newer(sql::Connection& connection,
                                       std::span<const ReceivedEvent* const> events,
                                       const std::string& now);
/// Which of the keys received_events has.
[[nodiscard]] Result<std::vector<EventKey>> known_events(sql::Connection& connection,
                                                         std::span<const EventKey> keys);

}  // namespace tidemark::receive
