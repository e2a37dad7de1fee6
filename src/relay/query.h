#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "relay/delivery.h"
#include "relay/event.h"
#include "relay/store.h"
#include "sql/connection.h"

namespace tidemark::relay {

// What people ask about deliveries and events. Read-only, on a connection that is not the hub's: a
// slow question holds nobody up. Lists come newest first and go on behind the last one seen (keyset
// paging): what is published meanwhile neither moves nor doubles a row. All wait on the database;
// errors are those of sql::Connection.

/// Which deliveries. Empty members do not restrict.
struct DeliveryFilter {
  std::optional<DeliveryStatus> status{};  ///< As a person sees it, `delivering` apart.
  bool failed = false;                     ///< Parked or cancelled: `failed` of the sync logs.
  bool unfinished = false;                 ///< `pending` of the sync logs.
  std::optional<std::int64_t> voucher_id{};
  std::string subscription_id{};
  std::string event_id{};
  std::string target_system{};
  std::string error{};               ///< `HTTP_503`
  std::optional<WallTime> since{};   ///< Published at this time or later.
  std::optional<WallTime> before{};  ///< Published before this time.
};

/// Where a list of deliveries goes on.
struct DeliveryPlace {
  std::string event_id;
  DeliveryKey key;
};

struct ListedDelivery {
  Delivery delivery;
  std::string target_system;
};

/// At most `limit` deliveries, those of the newest events first.
[[nodiscard]] Result<std::vector<ListedDelivery>> list_deliveries(
    sql::Connection& connection, const DeliveryFilter& filter,
    const std::optional<DeliveryPlace>& after, std::int64_t limit);
/// Those of `keys` that are there, in no order.
[[nodiscard]] Result<std::vector<ListedDelivery>> find_deliveries(
    sql::Connection& connection, const std::vector<DeliveryKey>& keys);
/// The attempts of one delivery, the first one first.
[[nodiscard]] Result<std::vector<AttemptRecord>> attempts_of(sql::Connection& connection,
                                                             const DeliveryKey& key);

/// Which vouchers. Empty members do not restrict.
struct VoucherFilter {
  std::string source_system{};
  std::string source_type{};
  std::string source_id{};
  std::string event_type{};
  std::string voucher_no{};
  std::optional<WallTime> since{};
  std::optional<WallTime> before{};
};

/// Events of vouchers, the newest first, older than `after_event` if that is not empty.
[[nodiscard]] Result<std::vector<Event>> list_vouchers(sql::Connection& connection,
                                                       const VoucherFilter& filter,
                                                       const std::string& after_event,
                                                       std::int64_t limit);
/// The latest version of what one source published, one for each event type, the newest first.
/// `filter` names the source in full.
[[nodiscard]] Result<std::vector<Event>> latest_of_source(sql::Connection& connection,
                                                          const VoucherFilter& filter);
/// All events of a voucher, the newest first, `limit` at most.
[[nodiscard]] Result<std::vector<Event>> events_of_voucher(sql::Connection& connection,
                                                           std::int64_t voucher_id,
                                                           std::int64_t limit);

/// nullopt if there is none.
[[nodiscard]] Result<std::optional<Event>> find_event(sql::Connection& connection,
                                                      const std::string& event_id);

struct SequencedEvent {
  std::int64_t sequence = 0;
  Event event;
};
/// What a subscription was or will be sent behind the sequence number `after`, in that order: at
/// most `limit`, and no more once their bodies have `bytes_max` bytes together.
[[nodiscard]] Result<std::vector<SequencedEvent>> events_after(sql::Connection& connection,
                                                               const std::string& subscription_id,
                                                               std::int64_t after,
                                                               std::int64_t limit,
                                                               std::size_t bytes_max);

}  // namespace tidemark::relay
