#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "alert/channel.h"
#include "alert/notice.h"
#include "alert/rule.h"
#include "alert/store.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::alert {

struct AlarmOptions {
  std::vector<Rule> rules;
  std::int64_t sample_min = 20;  ///< A rate or a latency of fewer deliveries says nothing.
  std::chrono::milliseconds over_after{0};
  std::chrono::milliseconds repeat{0};
  std::string site{};  ///< Stands in each title.
  Language language = Language::english;
  std::string hub{};  ///< Unique for each process that ever ran.
  /// The state is shared: one of the hubs at a time looks and sends, by a lease of so long. A hub
  /// that stands still for longer may send what another one sends, too.
  bool shared = false;
  std::chrono::milliseconds lease{60'000};
};

/// Looks at the figures, keeps the state of the alerts, and tells the channels what changed.
///
/// What is to be said is stored together with what follows from it, before it is sent; it is sent
/// at least once, and twice only if the process ends between a channel's answer and its record.
/// While a channel is down or at its limit, its lines gather and leave as one message.
/// Not thread-safe; but for stop().
class Alarm {
 public:
  /// The figures of now, from the state. Waits on the database.
  using Gather = std::function<Result<Figures>(sql::Connection&)>;

  /// `clock` and `random` must outlive it.
  Alarm(AlarmOptions options, std::vector<std::unique_ptr<Channel>> channels, Gather gather,
        const Clock& clock, Random& random);

  /// One look, and what has to be sent. False: another hub has the lease. Waits on the database and
  /// on the channels. Errors: those of the database; what a channel refuses is kept with it.
  [[nodiscard]] Result<bool> turn(sql::Connection& connection);

  /// Sends a message through one channel and waits: to try its settings. Counts for its limit.
  /// Errors of the channel as `rejected`, in its words; not_found without such a channel.
  [[nodiscard]] Result<void> test(sql::Connection& connection, const std::string& channel);

  /// Others need not wait for the end of the lease.
  [[nodiscard]] Result<void> release(sql::Connection& connection);

  [[nodiscard]] const AlarmOptions& options() const { return options_; }
  [[nodiscard]] std::vector<const Channel*> channels() const;

  /// What is being sent ends soon. From any thread.
  void stop();

 private:
  [[nodiscard]] Result<void> look(sql::Connection& connection, WallTime now);
  [[nodiscard]] Result<void> send_waiting(sql::Connection& connection, Channel& channel);
  /// Runs `work` in a transaction, if the lease is still ours. False: it is not.
  [[nodiscard]] Result<bool> write(sql::Connection& connection, WallTime now,
                                   const std::function<Result<void>(AlertStore&)>& work);
  void account(ChannelState& state, const std::expected<void, SendFault>& sent, WallTime now);

  const AlarmOptions options_;
  std::vector<std::unique_ptr<Channel>> channels_;
  const Gather gather_;
  const Clock& clock_;
  Random& random_;
  WallTime last_prune_{};
};

/// How long to leave a channel alone after its nth failure in a row: 10 s, doubled up to 10 min,
/// and not less than the channel asked for.
[[nodiscard]] std::chrono::seconds pause_after(std::int64_t failures, std::chrono::seconds asked);

}  // namespace tidemark::alert
