#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "relay/subscription.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// Which hub sends for which subscription, when several share a state. Each live hub is meant to
/// own the subscriptions for which its name scores highest (rendezvous hashing, Thaler and
/// Ravishankar 1998): all hubs agree without talking, and a hub that comes or goes moves only its
/// own share. A lease is by the database's clock; the owner stops by its own steady clock well
/// before another may take over, and a lease outlives every request that was begun under it. epoch
/// counts the owners: it is the fencing token of what is written under a lease.
/// Not thread-safe: belongs to the hub's thread.
class Leases {
 public:
  static constexpr std::chrono::seconds ttl{20};
  static constexpr std::chrono::seconds renew_every{5};
  /// The owner does not start anything in the last part of its lease. A request that may take
  /// longer needs a lease that is longer by as much.
  static constexpr std::chrono::seconds margin{8};
  /// The longest lease there is.
  static constexpr std::chrono::milliseconds longest = ttl + timeout_max;

  /// `hub`: unique for each process that ever ran. `server_now`: the database's clock, in
  /// microseconds since 1970.
  Leases(std::string hub, const Clock& clock, std::function<Result<std::int64_t>()> server_now)
      : hub_(std::move(hub)), clock_(clock), server_now_(std::move(server_now)) {}

  /// Is there time to renew? Also the first time.
  [[nodiscard]] bool is_due() const;
  /// A subscription is new, or needs a longer lease: is_due() from now on, so that it need not wait
  /// for the next turn.
  void hurry() { renewed_at_.reset(); }
  /// The steady clock may have stood still, as it does while a machine sleeps: nothing is begun
  /// before the leases are renewed.
  void distrust();
  /// What a subscription's lease is needed for.
  struct Use {
    bool idle = true;                     ///< Nothing is under way: it can be given back.
    std::chrono::milliseconds request{};  ///< The timeout of the longest request, now or soon.
  };
  /// Renews what is owned, takes what is free and meant for this hub, gives back what is meant for
  /// another and idle. Inside the caller's transaction; call done() after its commit.
  [[nodiscard]] Result<void> renew(sql::Connection& connection,
                                   const std::map<std::string, Use>& by_subscription);
  void done();

  /// May a request begin? False shortly before the lease ends, and while it is to be given back.
  [[nodiscard]] bool may_send(const std::string& subscription_id) const;
  /// Does the lease outlive a request with this timeout that begins while may_send()?
  [[nodiscard]] bool outlives(const std::string& subscription_id,
                              std::chrono::milliseconds timeout) const;
  /// Of the lease that we have; 0 without one.
  [[nodiscard]] std::int64_t epoch(const std::string& subscription_id) const;
  /// Inside a transaction: the epoch of the lease if it is still ours, and will be until the
  /// commit; 0 if it is another's. Locks its row.
  [[nodiscard]] Result<std::int64_t> held_epoch(sql::Connection& connection,
                                                const std::string& subscription_id) const;
  /// Gives all back, so that others need not wait for their end.
  [[nodiscard]] Result<void> release_all(sql::Connection& connection);

 private:
  struct Lease {
    SteadyTime valid_until{};
    std::chrono::milliseconds request_max{};
    std::int64_t epoch = 0;
    bool leaving = false;
  };
  [[nodiscard]] Result<std::vector<std::string>> live_hubs(sql::Connection& connection,
                                                           std::int64_t now) const;
  /// Its epoch; 0 when another has it.
  [[nodiscard]] Result<std::int64_t> take(sql::Connection& connection,
                                          const std::string& subscription_id, std::int64_t now,
                                          std::int64_t expires_at) const;

  const std::string hub_;
  const Clock& clock_;
  const std::function<Result<std::int64_t>()> server_now_;
  std::map<std::string, Lease> leases_;
  std::map<std::string, Lease> renewed_;  ///< What renew() did, until done().
  std::optional<SteadyTime> renewed_at_{};
  SteadyTime asked_at_{};
};

}  // namespace tidemark::relay
