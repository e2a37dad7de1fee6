#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"
#include "relay/hub_client.h"
#include "relay/receive/event_name.h"
#include "relay/receive/receiver_store.h"
#include "sql/url.h"

namespace tidemark::receive {

struct HousekeepingOptions {
  /// How long a number may be missing: retries reorder.
  std::chrono::milliseconds gap_grace = std::chrono::seconds(10);
  /// How long ids of events are kept.
  std::chrono::milliseconds keep_ids = std::chrono::days(90);
  Language language = Language::english;         ///< Of the log.
  std::optional<relay::HubClientOptions> hub{};  ///< None: gaps are only reported.
};

/// What the receiver does beside taking requests, on a thread and a connection of its own: asks the
/// hub for what did not come, and forgets ids that are too old to be repeated. What fails is
/// logged, and done again later.
class Housekeeping {
 public:
  /// `store` is open; `database` is where to find it again; `hub` may be none. `names` and
  /// `clock` must outlive this.
  Housekeeping(ReceiverStore store, sql::Url database, std::optional<relay::HubClient> hub,
               HousekeepingOptions options, const PulledNames& names, const Clock& clock);
  ~Housekeeping();  ///< As stop().
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  void stop();
  /// Events that came because they were asked for.
  [[nodiscard]] std::uint64_t pulled() const { return pulled_; }

 private:
  void run();
  Result<void> look_around();
  Result<void> look_at(const std::string& subscription_id);
  void report_gap(const std::string& subscription_id, const SequenceTrack& track);
  Result<void> pull(const std::string& subscription_id);
  [[nodiscard]] bool stopping();
  Result<void> forget_old_ids();

  const sql::Url database_;
  const HousekeepingOptions options_;
  const PulledNames& names_;
  const Clock& clock_;
  std::optional<ReceiverStore> store_;
  std::optional<relay::HubClient> hub_;
  SteadyTime ask_next_;                           ///< The hub failed: not before.
  std::map<std::string, std::int64_t> reported_;  ///< Contiguous mark of a gap that was logged.
  SteadyTime forget_next_;
  std::atomic<std::uint64_t> pulled_{0};

  std::mutex mutex_;
  std::condition_variable woken_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidemark::receive
