#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "relay/backlog_work.h"
#include "relay/delivery.h"
#include "relay/delivery_change.h"
#include "relay/event.h"
#include "relay/gathered_rows.h"
#include "relay/publication.h"
#include "relay/row_lock.h"
#include "relay/secret_box.h"
#include "relay/subscription.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// What is stored under an identity already.
struct StoredEvent {
  std::string event_id;
  std::int64_t source_version = 0;
  std::string content_hash;
  std::optional<std::int64_t> voucher_id{};
  std::string voucher_no{};
};

/// A delivery that can be sent, with its event.
struct DueDelivery {
  std::int64_t sequence = 0;
  std::int64_t attempts = 0;
  std::int64_t retry_step = 0;
  WallTime due_at{};
  WallTime wanted_at{};  ///< When it was to be sent first: published, a batch's time, sent again.
  bool ordered = false;  ///< Others of its source may wait behind it.
  std::shared_ptr<const Event> event;
};

struct AttemptRecord {
  DeliveryKey key;
  std::int64_t attempt = 1;
  WallTime started_at{};
  std::chrono::microseconds duration{};
  std::optional<int> status_code{};
  std::string error_code{};
  std::string message{};
  std::string response{};
};

struct IdempotentAnswer {
  std::string request_hash;
  std::string answer;
};

/// How simulations open a store; a hub that serves needs none of it.
struct StoreOptions {
  /// Opens each connection, the first and those after disconnect(). Empty: run::open_shared_state.
  std::function<Result<std::unique_ptr<sql::Connection>>(const sql::Url&)> connect{};
  /// Makes an SQLite state one that is shared, with this clock for the server's, so that several
  /// hubs of one process take turns on it. They must be on one thread: SQLite locks no rows, and
  /// each transaction is alone only because the others wait. It must outlive the store.
  const Clock* server_clock = nullptr;
};

/// The SQL of the hub's own thread: everything that writes. Not thread-safe, waits on the database.
/// Errors of all calls: those of sql::Connection. After unreachable the connection must be opened
/// anew: disconnect().
class Store {
 public:
  /// Connects, migrates. An SQLite file belongs to one hub: locked when another process has it.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const sql::Url& state, SecretBox secrets,
                                                           StoreOptions options = {});
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// After unreachable: the next call of connect() opens a new connection.
  void disconnect() { connection_.reset(); }
  [[nodiscard]] Result<void> connect();
  /// Other hubs may share this state: sequences and subscriptions are read under locks.
  [[nodiscard]] bool shared() const;
  /// The clock that all hubs of a shared state go by, in microseconds since 1970.
  [[nodiscard]] Result<std::int64_t> server_now();

  /// Does `work` in one transaction and commits it; after an error nothing of it stays.
  [[nodiscard]] Result<void> in_transaction(const std::function<Result<void>()>& work);
  /// Inside a transaction: from here to write_gathered() new events, deliveries and attempts, and
  /// finished deliveries, are written together. What publishing and outcomes read is right all the
  /// same; nothing else may be read in between.
  void gather() { gathering_ = true; }
  [[nodiscard]] Result<void> write_gathered();

  // Subscriptions.
  [[nodiscard]] Result<std::vector<Subscription>> subscriptions();
  [[nodiscard]] Result<void> insert(const Subscription& subscription);
  /// What a person set: everything but state and sequence.
  [[nodiscard]] Result<void> update(const Subscription& subscription);
  /// State, failures, probe.
  [[nodiscard]] Result<void> update_state(const Subscription& subscription);
  [[nodiscard]] Result<void> update_failures(const Subscription& subscription);
  /// Nobody sees or sends it any more; what waits in it is BacklogWork::cancel.
  [[nodiscard]] Result<void> remove(const Subscription& subscription, WallTime now);

  // What other hubs on the same state must know of.
  enum class Change { subscriptions, deliveries };
  [[nodiscard]] Result<void> count_change(Change change);
  /// How many there were. Locked, nobody adds one before the commit; what will be counted in this
  /// transaction needs RowLock::own, or two hubs wait for each other.
  [[nodiscard]] Result<std::int64_t> changes(Change change, RowLock lock);
  /// The next sequence number of each subscription, as others may have moved it.
  [[nodiscard]] Result<std::map<std::string, std::int64_t>> next_sequences();
  /// The same of these subscriptions alone, whose rows are locked until the commit, in the order of
  /// their ids.
  [[nodiscard]] Result<std::map<std::string, std::int64_t>> lock_sequences(
      const std::set<std::string>& subscription_ids);

  // Publishing.
  /// The newest version under the identity of `publication`, its version apart.
  [[nodiscard]] Result<std::optional<StoredEvent>> latest(const Publication& publication);
  [[nodiscard]] Result<std::optional<StoredEvent>> version(const Publication& publication,
                                                           std::int64_t source_version);
  /// The highest version of the source's record, whatever the event type: receivers apply only what
  /// is newer. 0: none yet.
  [[nodiscard]] Result<std::int64_t> highest_version(const Publication& publication);
  /// The same for many, in one question; highest_version() knows the answers until the end of the
  /// transaction. For transactions that gather().
  [[nodiscard]] Result<void> look_up_versions(std::span<const Publication* const> publications);
  /// The source that a voucher's number is taken by, as its ordering_key(); nullopt: it is free.
  [[nodiscard]] Result<std::optional<std::string>> source_of_voucher(std::int64_t voucher_id);
  /// The same for all numbers that are given, in one question; source_of_voucher() knows the
  /// answers until the end of the transaction. For transactions that gather().
  [[nodiscard]] Result<void> look_up_vouchers(std::span<const Publication* const> publications);
  /// The first number from `from` on that is free.
  [[nodiscard]] Result<std::int64_t> free_voucher_id(std::int64_t from);
  /// Whatever event the source published before: it keeps its voucher.
  [[nodiscard]] Result<std::optional<StoredEvent>> voucher_of(const Publication& publication);
  /// The highest number that was made; its row is locked until the commit.
  [[nodiscard]] Result<std::int64_t> last_voucher_id();
  [[nodiscard]] Result<void> set_last_voucher_id(std::int64_t id);
  [[nodiscard]] Result<void> insert(const Event& event, const Publication& publication);
  [[nodiscard]] Result<void> set_next_sequence(const std::string& subscription_id,
                                               std::int64_t next);
  struct NewDelivery {
    DeliveryKey key;
    std::string event_id;
    std::optional<WallTime> due_at{};     ///< Empty: an earlier one of `open_key` comes first.
    std::optional<WallTime> wanted_at{};  ///< A batch's time; empty: as soon as it can be.
    std::optional<std::string> open_key{};
  };
  [[nodiscard]] Result<void> insert_delivery(const NewDelivery& delivery, WallTime now);
  [[nodiscard]] Result<bool> has_open(const std::string& subscription_id,
                                      const std::string& open_key);
  [[nodiscard]] Result<std::int64_t> delivery_count(const std::string& event_id);
  [[nodiscard]] Result<std::optional<IdempotentAnswer>> idempotent_answer(const std::string& key);
  [[nodiscard]] Result<void> keep_answer(const std::string& key, const IdempotentAnswer& answer,
                                         WallTime now);

  // Delivering.
  /// Due until `upto`, by due time and sequence, those after (`after_due`, `after_sequence`).
  [[nodiscard]] Result<std::vector<DueDelivery>> due(const std::string& subscription_id,
                                                     WallTime upto, WallTime after_due,
                                                     std::int64_t after_sequence,
                                                     std::int64_t limit);
  /// The earliest due time after `now`.
  [[nodiscard]] Result<std::optional<WallTime>> next_due(const std::string& subscription_id,
                                                         WallTime now);
  [[nodiscard]] Result<void> record(AttemptRecord attempt);
  /// False when it was finished or cancelled, or another attempt was written, in the meantime:
  /// nothing was changed.
  [[nodiscard]] Result<bool> change(const DeliveryChange& change);
  /// That alone: an attempt was made for a delivery that is not to be changed.
  [[nodiscard]] Result<void> count_attempt(const DeliveryChange& change);
  /// An ordered delivery was finished: the next one of its source becomes due.
  [[nodiscard]] Result<void> wake_next(const std::string& subscription_id,
                                       const std::string& open_key, WallTime now);

  /// Of the unfinished ones of a source only the first may be due; the others wait for it.
  [[nodiscard]] Result<void> line_up(const std::string& subscription_id,
                                     const std::string& open_key);

  /// The number of the delivery that carries this event to this subscription.
  [[nodiscard]] Result<std::optional<std::int64_t>> delivery_of(const std::string& subscription_id,
                                                                const std::string& event_id);
  /// Errors: not_found.
  [[nodiscard]] Result<std::shared_ptr<const Event>> event(const std::string& event_id);

  // Repairs by hand.
  /// A parked, failing or finished delivery is due now, from the first step of the schedule; with
  /// an `open_key` others wait for it again. Returns false for one that is not there, or whose
  /// status is not `only`. One that waits for an earlier one goes on waiting.
  [[nodiscard]] Result<bool> retry_now(const DeliveryKey& key, std::optional<DeliveryStatus> only,
                                       const std::optional<std::string>& open_key, WallTime now);
  /// The ordering key of its event; nullopt when there is no such delivery.
  [[nodiscard]] Result<std::optional<std::string>> ordering_key_of(const DeliveryKey& key);
  [[nodiscard]] Result<bool> cancel(const DeliveryKey& key, WallTime now);
  /// What was never tried and is due after `after`, at most `rows_max` of it, is due at `due_at`,
  /// which is not later than `after`. True: there may be more.
  [[nodiscard]] Result<bool> make_due(const std::string& subscription_id, WallTime after,
                                      WallTime due_at, std::int64_t rows_max);
  /// Of what is retried, at most `rows_max` that are due later than `pause_us` (SQL, microseconds:
  /// DueLimits) after `now` are due now. True: there may be more.
  [[nodiscard]] Result<bool> retry_sooner(const std::string& subscription_id,
                                          const std::string& pause_us, WallTime now,
                                          std::int64_t rows_max);
  /// How many wait for a batch's time after `now`; counts no further than `enough`.
  [[nodiscard]] Result<std::int64_t> count_later(const std::string& subscription_id, WallTime now,
                                                 std::int64_t enough);

  // What a change does to what waits (store_backlog.cc).
  /// Notes what is to be done to deliveries with numbers below `upto`; once more from the beginning
  /// if it is under way. `at`: when they are due, or were finished.
  [[nodiscard]] Result<void> begin_work(const BacklogTask& task, std::int64_t upto, WallTime at);
  /// It is done, or not wanted any more.
  [[nodiscard]] Result<void> end_work(const BacklogTask& task);
  [[nodiscard]] Result<std::set<BacklogTask>> backlog_work();
  /// Does the next piece: at most `rows_max` rows are changed, and some more walked over. True:
  /// nothing is left to do.
  [[nodiscard]] Result<bool> work_on(const BacklogTask& task, std::int64_t rows_max, WallTime now);

  // Retention, in steps of at most `limit` rows, so that nobody waits long behind one.
  /// Deletes deliveries that were finished before `before`, with their attempts, and idempotency
  /// keys from before it. True: there may be more.
  [[nodiscard]] Result<bool> prune_finished(WallTime before, std::int64_t limit);
  /// Looks at the events behind `after` (empty: from the oldest) that were published before
  /// `before`, and deletes those without deliveries that are not the latest version of their
  /// source. Returns where the next step goes on; nullopt: at the end.
  [[nodiscard]] Result<std::optional<std::string>> prune_events(WallTime before,
                                                                const std::string& after,
                                                                std::int64_t limit);

  [[nodiscard]] sql::Connection& connection() { return *connection_; }

 private:
  struct Piece;
  /// Between `after` and `before`, both excluded; from the end if it goes `back`.
  [[nodiscard]] Result<Piece> next_piece(const std::string& subscription_id, std::int64_t after,
                                         std::int64_t before, bool back, std::int64_t rows_max);
  [[nodiscard]] Result<void> do_piece(const Piece& piece, BacklogWork work, WallTime at,
                                      WallTime now);
  [[nodiscard]] Result<void> update_piece(const Piece& piece, std::string_view set,
                                          sql::Values params, std::string_view and_only,
                                          const sql::Values& only_params = {});
  [[nodiscard]] Result<void> order_piece(const Piece& piece);
  [[nodiscard]] Result<void> let_pass_parked(const Piece& piece, WallTime now);
  /// The first unfinished one of a source; 0 without one.
  [[nodiscard]] Result<std::int64_t> first_open(const std::string& subscription_id,
                                                const std::string& open_key);

  /// SQLite: what suits one writer that is busy.
  [[nodiscard]] Result<void> tune();
  /// Before a question about events of this source.
  [[nodiscard]] Result<void> write_events_of(const Publication& publication);
  [[nodiscard]] Result<void> write_what_waits() { return gathered_.write(*connection_); }

  class Lock;
  Store(sql::Url state, SecretBox secrets, StoreOptions options);

  const sql::Url state_;
  const SecretBox secrets_;
  const StoreOptions options_;
  std::unique_ptr<Lock> lock_;
  std::unique_ptr<sql::Connection> connection_;
  bool gathering_ = false;
  GatheredRows gathered_;
  /// What is known until the transaction's end: the highest version of a source; whose a voucher's
  /// number is; the first number that the database has at or behind `from`.
  std::map<std::string, std::int64_t> versions_;
  std::map<std::int64_t, std::optional<std::string>> vouchers_;
  struct UsedVoucher {
    std::int64_t from = 0;
    std::int64_t id = 0;
  };
  std::optional<UsedVoucher> used_voucher_{};
};

}  // namespace tidemark::relay
