#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "relay/receive/received_event.h"
#include "relay/receive/sequence_track.h"
#include "sql/connection.h"

namespace tidemark::receive {

/// Which number an event has in its subscription.
struct Place {
  std::string subscription_id;
  std::int64_t sequence = 0;
};

/// An event on its way into the tables.
struct Arrival {
  ReceivedEvent event;
  std::optional<Place> place{};
};

/// What became of it.
enum class Taken {
  stored,    ///< New; the tables have it unless they have a newer version of its record.
  repeated,  ///< It was here before, or twice in this group; nothing was changed.
};

/// What tax_invoice_cache says, as far as a comparison needs it.
struct CachedInvoice {
  std::string invoice_no;
  std::optional<std::string> amount;  ///< As the database writes it: zeros may follow.
  std::int64_t source_version = 0;
  std::string source_type{};
  std::string source_id{};
  std::string event_timestamp{};
};

/// The receiver's tables. Not thread-safe; waits on the database.
/// Errors of all calls: those of sql::Connection. `timeout` also when another receiver took the
/// same events at the same time: trying again succeeds.
class ReceiverStore {
 public:
  /// Connects and migrates; makes the file of an SQLite database, and its folder (0700).
  [[nodiscard]] static Result<ReceiverStore> open(const sql::Url& url);

  /// All arrivals in one transaction, durable when this returns: what makes a repeat known, the
  /// business tables, and the sequence numbers. After an error nothing of it is stored. One result
  /// for each, in order.
  [[nodiscard]] Result<std::vector<Taken>> take(std::span<const Arrival> arrivals, WallTime now);

  /// As take(), for events that the hub gave when asked for everything after the contiguous mark;
  /// `upto`: what it accounts for. `end`: there is nothing above, and there was not at `asked`.
  [[nodiscard]] Result<std::vector<Taken>> take_pulled(std::span<const Arrival> arrivals,
                                                       const std::string& subscription_id,
                                                       std::int64_t upto, bool end, WallTime asked,
                                                       WallTime now);

  /// Nothing is known of a subscription: an empty track.
  [[nodiscard]] Result<SequenceTrack> track(const std::string& subscription_id);
  [[nodiscard]] Result<std::vector<std::string>> subscriptions_with_holes();

  /// The newest event of a source record; nullopt if there is none. `id` and `body` as stored.
  [[nodiscard]] Result<std::optional<ReceivedEvent>> latest(std::string_view source_system,
                                                            std::string_view source_type,
                                                            std::string_view source_id);

  [[nodiscard]] Result<std::optional<CachedInvoice>> cached_invoice(std::string_view source_system,
                                                                    std::int64_t invoice_id);

  /// Puts the hub's version in place of what is here, unless that is newer; whether the event came
  /// before does not matter. All in one transaction.
  [[nodiscard]] Result<void> restore(std::span<const ReceivedEvent> events, WallTime now);

  /// Forgets ids of events received before `before`, at most `limit`. Returns how many. A repeat of
  /// one of them is then held off by its version alone.
  [[nodiscard]] Result<std::int64_t> forget_events(WallTime before, std::int64_t limit);

  [[nodiscard]] sql::Connection& connection() { return *connection_; }

 private:
  explicit ReceiverStore(std::unique_ptr<sql::Connection> connection)
      : connection_(std::move(connection)) {}

  template <class Work>
  Result<std::vector<Taken>> in_transaction(const Work& work);
  Result<void> remove_not_newer(const ReceivedEvent& event);
  Result<std::vector<Taken>> store(std::span<const Arrival> arrivals, WallTime now);
  Result<void> note_places(std::span<const Arrival> arrivals, WallTime now);

  std::unique_ptr<sql::Connection> connection_;
};

}  // namespace tidemark::receive
