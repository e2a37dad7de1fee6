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

  /// Forgets ids of events received before `before`, at most `limit`. Returns how many. A repeat of
  /// one of them is then held off by its version alone.
  [[nodiscard]] Result<std::int64_t> forget_events(WallTime before, std::int64_t limit);

  [[nodiscard]] sql::Connection& connection() { return *connection_; }

 private:
  explicit ReceiverStore(std::unique_ptr<sql::Connection> connection)
      : connection_(std::move(connection)) {}

  template <class Work>
  Result<std::vector<Taken>> in_transaction(const Work& work);
  Result<std::vector<Taken>> store(std::span<const Arrival> arrivals, WallTime now);
  Result<void> note_places(std::span<const Arrival> arrivals, WallTime now);
  Result<SequenceTrack> locked_track(const std::string& subscription_id);
  Result<void> save_track(const std::string& subscription_id, const SequenceTrack& track);

  std::unique_ptr<sql::Connection> connection_;
};

/// `2026-01-15 08:30:00.000000`, UTC, as every database takes it.
[[nodiscard]] std::string utc_text(WallTime time);

}  // namespace tidemark::receive
