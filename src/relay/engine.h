#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/histogram.h"
#include "base/random.h"
#include "base/result.h"
#include "base/ulid.h"
#include "relay/delivery.h"
#include "relay/lane.h"
#include "relay/leases.h"
#include "relay/publication.h"
#include "relay/sender.h"
#include "relay/store.h"
#include "relay/subscription.h"
#include "relay/verdict.h"

namespace tidemark::relay {

struct EngineOptions {
  /// Deliveries of one subscription that are kept in memory at most; the rest stays in the
  /// database until there is room.
  std::size_t window_max = 1024;
  /// Failures in a row after which an endpoint is only probed.
  std::int64_t failures_max = 10;
  /// While other hubs share the state: how often it is looked at for what they published.
  std::chrono::milliseconds poll_interval{100};
  /// A database that was away is asked again after so long.
  std::chrono::milliseconds outage_pause{500};
  /// A change does to a long backlog so many rows a turn.
  std::int64_t piece_rows = 500;
  /// What a turn writes goes in a few statements (GatheredRows). Not set: if the state is on a
  /// server.
  std::optional<bool> gather{};
  /// Shared states: called after a commit that another hub should look at. May be empty; must not
  /// block.
  std::function<void()> tell_others{};
};

struct PublishRequest {
  Publication publication;
  std::string idempotency_key{};  ///< With the publisher's token id in front; empty: none.
  std::string request_hash{};
};

/// The answer to a publisher.
struct Published {
  std::optional<std::int64_t> voucher_id{};
  std::string voucher_no{};
  std::string event_id;
  std::int64_t source_version = 1;
  std::int64_t deliveries = 0;
  bool duplicate = false;  ///< It was there already; nothing was stored.
};

/// Why a publication is not taken, beyond what parse_voucher refuses.
/// ErrorKind::rejected with these texts at the beginning of `what.en`; the API answers by them.
inline constexpr std::string_view version_conflict = "version_conflict";          ///< 409
inline constexpr std::string_view voucher_conflict = "voucher_conflict";          ///< 409
inline constexpr std::string_view idempotency_conflict = "idempotency_conflict";  ///< 422
inline constexpr std::string_view body_too_large = "body_too_large";              ///< 413

/// Seconds, of deliveries: milliseconds while all is well, 1 s and 5 s of the promise, 180 s and
/// 300 s of the alerts, and the long tail of the retries (about 3 days).
inline constexpr std::array<double, 19> latency_bounds = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25,  0.5,    1,      2.5,    5,
    10,    30,   60,    180,  300, 3'600, 21'600, 86'400, 259'200};

struct HubCounters {
  std::uint64_t published = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t delivered = 0;
  std::uint64_t failed_attempts = 0;
  std::uint64_t parked = 0;
  /// Attempts whose outcome was not written: another hub had taken over meanwhile.
  std::uint64_t lost_attempts = 0;
  std::uint64_t commits = 0;
  std::uint64_t commit_failures = 0;
  /// Of what was delivered: from when it was to be sent first until its 2xx.
  Histogram<latency_bounds> latency{};
};

/// One finished attempt on its way into the database.
struct AttemptDone {
  std::string subscription_id;
  std::int64_t sequence = 0;  ///< Of a batch: of its first event.
  AttemptResult result;
};

/// The hub's logic without its thread: what is to be written, what is to be sent, when. Not
/// thread-safe. Time comes from the clock, so that a week of retries can be played in
/// milliseconds. Nothing is sent, and nobody is answered, before what it rests on is committed.
class Engine {
 public:
  /// All must outlive it, but `done`, which is copied into the sender's callbacks: it takes
  /// finished attempts from any thread, also after the engine's end, and brings them back as
  /// Turn::attempts.
  Engine(Store& store, Sender& sender, const Clock& clock, Random& random, EngineOptions options,
         std::function<void(AttemptDone)> done);
  ~Engine();

  /// Reads the subscriptions. What an earlier process had under way is simply due again.
  [[nodiscard]] Result<void> start();

  struct PublishTask;
  struct ChangeTask;
  struct Turn;
  /// Writes all of it in one transaction (when that fails: one by one), answers, loads what is
  /// due, and starts requests. When the database is away: publishers get the error, attempts are
  /// kept and written when it is back.
  void turn(Turn turn);

  /// When turn() should be called again though nothing came in; nullopt: never.
  [[nodiscard]] std::optional<WallTime> next_wake() const;
  /// Gives the leases back. Call it when nothing is under way any more.
  void leave();
  /// Another hub says that it committed something: look now, not when poll_interval is over.
  void look_now() { look_at_.reset(); }
  /// No new requests; those under way go on.
  void drain() { draining_ = true; }
  [[nodiscard]] std::size_t in_flight() const;
  /// Outcomes that wait for the database; not those that it refuses.
  [[nodiscard]] bool has_unwritten() const { return !unwritten_.empty(); }
  [[nodiscard]] std::vector<DeliveryKey> delivering() const;
  [[nodiscard]] const HubCounters& counters() const { return counters_; }

  // For changes, inside their transaction.
  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] WallTime now() const { return clock_.wall(); }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] const Subscription* subscription(const std::string& id) const;
  [[nodiscard]] std::vector<const Subscription*> subscriptions() const;
  /// Stores a new subscription, or a changed one, or takes one away.
  [[nodiscard]] Result<void> add(Subscription subscription);
  [[nodiscard]] Result<void> replace(Subscription subscription);
  [[nodiscard]] Result<void> remove(const std::string& id);
  /// By a person: pause, or back to active from any state (the backlog is drained slowly).
  [[nodiscard]] Result<void> pause(const std::string& id);
  [[nodiscard]] Result<void> resume(const std::string& id);
  /// Due at once, from the first step of its schedule, whatever became of it. In an ordered
  /// subscription it takes its place again: later ones of its source wait for it. False when there
  /// is no such delivery.
  [[nodiscard]] Result<bool> retry(const DeliveryKey& key);
  /// The same, unless its status is another one by now: then false.
  [[nodiscard]] Result<bool> retry_if(const DeliveryKey& key, DeliveryStatus status);
  [[nodiscard]] Result<bool> cancel(const DeliveryKey& key);
  /// One event for one subscription, as a new delivery or, if there is one, that one again. Nothing
  /// when subscription or event are gone.
  [[nodiscard]] Result<void> replay(const std::string& subscription_id,
                                    const std::string& event_id);
  /// An event that only this subscription gets.
  [[nodiscard]] Result<Published> publish_to(const std::string& subscription_id,
                                             const Publication& publication);

 private:
  /// A finished attempt whose deliveries are known.
  struct Ended {
    std::string subscription_id;
    Lane::Request request;
    AttemptResult result;
  };
  /// One that the database refused by itself. It is tried again, ever less often; its deliveries
  /// are not sent again meanwhile, and nobody else waits for it.
  struct Refused {
    Ended ended;
    std::int64_t tries = 0;
    SteadyTime again_at{};
  };
  struct Transaction;

  // engine.cc: one turn.
  void take(std::vector<AttemptDone> attempts);
  [[nodiscard]] bool write(Turn& turn);
  [[nodiscard]] Result<void> write_together(Turn& turn, std::vector<Result<Published>>& published,
                                            std::vector<Result<void>>& changed);
  [[nodiscard]] bool gathers() const { return options_.gather.value_or(store_.shared()); }
  /// Of all sources in one question, and of all vouchers that are named.
  [[nodiscard]] Result<void> look_up_published(const Turn& turn);
  void write_apart(Turn& turn);
  [[nodiscard]] Result<void> write_alone(Ended& ended);
  void set_apart(Ended ended, std::int64_t tries);
  /// Those refused earlier whose time has come.
  void write_refused();
  struct Scope;
  /// Does `work` in one transaction, commits it, and lets it take effect in memory; after an error
  /// nothing of it stays. One that the database broke off in favour of another is done again.
  [[nodiscard]] Result<void> in_transaction(const Scope& scope,
                                            const std::function<Result<void>()>& work);
  [[nodiscard]] Result<void> try_transaction(const Scope& scope,
                                             const std::function<Result<void>()>& work);
  [[nodiscard]] Result<void> store_drafts(const Transaction& transaction);
  void take_effect(Transaction& transaction);
  /// The database takes nothing now, whatever it is given.
  [[nodiscard]] static bool is_outage(const Error& error);
  /// The subscription is deleted. Requests under way are waited for: they are recorded.
  void drop_lane(const std::string& id);
  /// A subscription as it is now: its lane is opened, or follows it.
  Lane& set_lane(Subscription subscription);
  void refuse(Turn& turn, const Error& error);
  void report(const Error& error);
  /// After an outage that was told.
  void tell_back();
  /// The database is away: nothing is asked of it for outage_pause.
  void wait_for_database(const Error& error);

  // engine_clock.cc: the wall clock was set.
  /// What was to happen at a time of it is thought over.
  void follow_clock();
  /// Since follow_clock().
  [[nodiscard]] bool clock_has_moved() const;
  /// An earlier process may have stored times of a clock that was set back since.
  void distrust_times();
  /// Deliveries that are due later than they can be are due at the latest time that can be meant.
  [[nodiscard]] Result<void> pull_in(Lane& lane);
  /// Whoever publishes sets the first due time, and its clock may be ahead of ours.
  [[nodiscard]] Result<void> doubt_times_of_others(const Lane& lane);
  /// The same for probes.
  void pull_in_probes();

  // engine_lanes.cc: what is due.
  void attend_all();
  void attend(Lane& lane);
  [[nodiscard]] Result<void> load(Lane& lane);
  void send_next(Lane& lane);
  /// Shared states: does our lease outlive the next request? If not, a longer one is asked for.
  [[nodiscard]] bool has_lease_for(const Lane& lane);
  /// The lane could not be attended: later, alone or with all.
  void put_off(const std::string& id, const Error& error);
  /// Batch mode: what waits for a later batch, whoever published it, may be a full one by now.
  [[nodiscard]] Result<void> count_gathered(Lane& lane);
  /// What waits for a later batch is due now, for it makes a full one.
  [[nodiscard]] Result<void> fill_batch(Lane& lane);
  /// Hands a new delivery to its lane, after the commit.
  void hand_over(Lane& lane, DueDelivery delivery);
  void wake_lane_at(const std::string& id, WallTime time);
  /// After the commit: what waits in memory is read anew, by whichever hub sends it.
  void look_again(const std::string& id);
  /// The same, where no other hub sends it.
  void look_here_again(const std::string& id);
  void touch(const std::string& id) { hot_.insert(id); }

  // engine_shared.cc: other hubs on the same state.
  /// At the beginning of a transaction: locks what it is going to need, in an order that is the
  /// same on every hub, so that no two of them wait for each other. The order: the count of
  /// vouchers, that of changes to subscriptions, subscriptions, leases, deliveries, the other
  /// counts.
  [[nodiscard]] Result<void> take_locks(const Scope& scope);
  /// Reads the subscriptions anew if somebody changed them.
  [[nodiscard]] Result<void> follow_subscriptions(RowLock lock);
  /// Inside a transaction: is the subscription ours as it was when the request began, without
  /// another owner in between? Its lease is locked until the end.
  [[nodiscard]] Result<bool> holds_lease(const Ended& ended);
  /// Inside a transaction: the next number of a subscription, whose row is locked by now.
  [[nodiscard]] Result<std::int64_t> locked_sequence(const std::string& subscription_id);
  /// Does this attempt leave its endpoint as it is?
  [[nodiscard]] bool keeps_state(const Ended& ended) const;
  [[nodiscard]] Result<void> reload();
  /// Renews leases and looks for what others published, when it is time.
  void follow_others();
  [[nodiscard]] Result<void> renew_leases();
  [[nodiscard]] bool may_send(const std::string& id) const;

  // engine_change.cc: inside a transaction.
  /// What waits follows its changed settings.
  [[nodiscard]] Result<void> apply_settings(const Subscription& before, const Subscription& after);
  [[nodiscard]] Result<bool> retry_now(const DeliveryKey& key, std::optional<DeliveryStatus> only);

  // engine_backlog.cc: what a change does to what waits.
  /// Inside the transaction of the change: the first piece, so that a short backlog follows at
  /// once. The rest is done turn by turn.
  [[nodiscard]] Result<void> begin_work(const BacklogTask& task, WallTime at);
  [[nodiscard]] Result<void> end_work(const BacklogTask& task);
  /// The next piece of what is left, in a transaction of its own.
  void work_off();
  /// What this hub has to do next, if anything: others do what belongs to their lanes.
  [[nodiscard]] const BacklogTask* next_work() const;
  [[nodiscard]] Result<void> read_work();

  // engine_publish.cc: inside a transaction.
  [[nodiscard]] Result<Published> publish(PublishRequest& request);
  [[nodiscard]] Result<Published> store_new(const Publication& publication, Identity identity,
                                            const std::string* only);
  [[nodiscard]] Result<void> add_delivery(const std::string& subscription_id,
                                          const std::shared_ptr<const Event>& event);
  /// What the source published before.
  struct History {
    std::int64_t highest_version = 0;     ///< Of any event type; 0: nothing.
    std::optional<StoredEvent> before{};  ///< The version that is given, else the latest one.
  };
  [[nodiscard]] Result<History> history_of(const Publication& publication);
  [[nodiscard]] Result<Identity> identity_for(const Publication& publication,
                                              const History& history);
  /// A number that no voucher has, given or made.
  [[nodiscard]] Result<std::int64_t> next_voucher_id();
  /// A voucher belongs to one source. Errors: rejected (voucher_conflict).
  [[nodiscard]] Result<void> check_voucher_id(const Publication& publication);

  // engine_outcome.cc: inside a transaction.
  [[nodiscard]] Result<void> write_outcome(const Ended& ended);
  /// An attempt that was made for a subscription that was deleted meanwhile.
  [[nodiscard]] Result<void> write_attempts(const Ended& ended);
  [[nodiscard]] Result<void> write_delivery(const Subscription& subscription,
                                            const DueDelivery& delivery, const Ended& ended,
                                            const Verdict& verdict);
  [[nodiscard]] Result<void> record_attempt(const DeliveryKey& key, std::int64_t attempt,
                                            const AttemptResult& result, const Verdict& verdict);
  struct Draft;
  void judge_endpoint(Draft& draft, const Verdict& verdict, const AttemptResult& result);

  /// In the order of their ids, so that hubs that share a state lock rows in one order; those of
  /// the running transaction last. `visit` may make drafts of existing ones.
  template <class Visit>
  void each_subscription(Visit visit) const;
  /// The subscription as the running transaction changes it.
  [[nodiscard]] Subscription* draft(const std::string& id);

  Store& store_;
  Sender& sender_;
  const Clock& clock_;
  Random& random_;
  UlidSequence event_ulids_;  ///< Events of one millisecond sort as they were published.
  const EngineOptions options_;
  const std::function<void(AttemptDone)> done_;

  std::map<std::string, std::unique_ptr<Lane>, std::less<>> lanes_;
  /// Of deleted subscriptions, until their last request is back.
  std::map<std::string, std::unique_ptr<Lane>, std::less<>> deleted_;
  std::vector<Ended> unwritten_;
  std::vector<Refused> refused_;
  std::set<BacklogTask> backlog_work_;                    ///< As last read or changed.
  SteadyTime work_off_at_{};                              ///< It failed: not before.
  std::set<std::string> hot_;                             ///< Lanes to look at in this turn.
  std::set<std::string> full_batches_;                    ///< Batches to be sent now.
  std::set<std::pair<WallTime, std::string>> wakes_;      ///< Lanes to look at later.
  std::map<std::string, WallTime, std::less<>> wake_of_;  ///< The one entry of each in wakes_.
  Transaction* transaction_ = nullptr;
  std::optional<WallTime> retry_at_{};  ///< The database was away: when to try again.
  std::unique_ptr<Leases> leases_;      ///< Only when the state is shared.
  /// Timeouts of requests that wait for a longer lease.
  std::map<std::string, std::chrono::milliseconds, std::less<>> requests_wanted_;
  std::int64_t subscriptions_version_ = -1;
  std::int64_t changes_seen_ = 0;  ///< Repairs by hand, anywhere.
  std::optional<WallTime> look_at_{};
  HubCounters counters_;
  bool draining_ = false;
  bool away_ = false;  ///< The database was, and that was told.
  /// Wall minus steady clock, as last seen: a step of the wall clock shows in it.
  std::chrono::microseconds clock_offset_{};
  std::set<std::string> too_late_;  ///< Lanes whose due times may be those of another clock.
  std::optional<std::chrono::microseconds> probe_step_{};  ///< The same of probes: set back by it.
};

struct Engine::PublishTask {
  PublishRequest request;
  std::move_only_function<void(Result<Published>)> answer;
};

struct Engine::ChangeTask {
  /// Runs inside a transaction, and runs again, from the beginning, when that is rolled back: what
  /// it captured must be as it was. ErrorKind::rejected and not_found mean that it wrote nothing.
  std::move_only_function<Result<void>(Engine&)> work;
  std::move_only_function<void(Result<void>)> answer;
};

/// What a transaction will be about.
struct Engine::Scope {
  std::span<const Ended> ended{};
  std::span<const PublishTask> publishes{};
  bool by_hand = false;
};

struct Engine::Turn {
  std::vector<PublishTask> publishes;
  std::vector<ChangeTask> changes;
  std::vector<AttemptDone> attempts;
};

}  // namespace tidemark::relay
