#pragma once

#include "relay/doctor/doctor.h"

/// The checks of examine_hub(), one finding each. Errors: those of sql::Connection.
namespace tidemark::relay {

/// `hub_state`: the tables are there; how much they hold.
[[nodiscard]] Result<run::Finding> check_state(const HubState& state);

// Deliveries (deliveries.cc).
/// `due`: every unfinished delivery has a due time, or an earlier one of its source that is open.
[[nodiscard]] Result<run::Finding> check_due(const HubState& state);
/// `finished`: what is finished has no due time, and what is delivered has an attempt that says so.
[[nodiscard]] Result<run::Finding> check_finished(const HubState& state);
/// `overdue`: nothing of an active subscription is due for long.
[[nodiscard]] Result<run::Finding> check_overdue(const HubState& state);
/// `orphans`: every delivery has its event and its subscription, every attempt its delivery.
[[nodiscard]] Result<run::Finding> check_orphans(const HubState& state);

// Numbers (numbers.cc).
/// `sequences`: 1, 2, 3, … of each subscription without a hole up to its counter. Numbers that are
/// old enough to have been pruned may be missing.
[[nodiscard]] Result<run::Finding> check_sequences(const HubState& state);
/// `counters`: those that hubs count in are there, and no number they give is taken.
[[nodiscard]] Result<run::Finding> check_counters(const HubState& state);

// Events (events.cc).
/// `bodies`: the stored body, which is what is sent, is whole and tells of the event it belongs to.
[[nodiscard]] Result<run::Finding> check_bodies(const HubState& state);
/// `routing`: every event has a delivery for each subscription that wanted it.
[[nodiscard]] Result<run::Finding> check_routing(const HubState& state);

// Endpoints (endpoints.cc).
/// `signed`: every subscription has a secret that signs.
[[nodiscard]] Result<run::Finding> check_signed(const HubState& state);
/// `leases`: none is held by a hub that is gone, or for ever.
[[nodiscard]] Result<run::Finding> check_leases(const HubState& state);

// The stream (refusals.cc).
/// `refusals`: no entry of a stream waits for somebody to mend it.
[[nodiscard]] Result<run::Finding> check_refusals(const HubState& state);

}  // namespace tidemark::relay
