#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/exit_code.h"
#include "base/result.h"
#include "base/stop.h"
#include "load/benefit/benefit_facts.h"
#include "load/benefit/benefit_orders.h"
#include "load/benefit/benefit_rule.h"
#include "load/benefit/listing.h"
#include "load/record_writer.h"
#include "load/table.h"
#include "load/time_window.h"

namespace tidemark::load {

struct BenefitOptions {
  BenefitRule rule;
  std::optional<TimeWindow> created{};  ///< Only orders that were created in it.
  /// An order counts as observed after its time when it was read so long after it: the shop may
  /// show a refund a little later than it was made.
  std::chrono::seconds margin{300};
  /// How far back the usual re-scan reads. An order that it still reaches is waited for.
  std::chrono::seconds usual_rescan = std::chrono::days(15);
  /// Decisions of another rule are taken again, also where the facts are the same.
  bool redecide = false;
  std::optional<std::string> platform{};  ///< Only its orders; nullopt: those of all.
  bool dry_run = false;
};

/// What became of an order's decision in this run.
enum class BenefitChange {
  unchanged,
  first,    ///< Decided for the first time.
  changed,  ///< Another decision than before.
  facts,    ///< The same decision on other facts.
};
[[nodiscard]] std::string_view name(BenefitChange change);

/// A decision as it stands after the run, for the report.
struct DecidedOrder {
  std::string platform;
  BenefitOrder order;
  BenefitFacts facts;
  CivilTime due_at;
  Decision decision = Decision::pending;
  std::string previous{};  ///< The decision before; empty: none.
  CivilTime decided_at{};
  std::string rule_version;
  Message reason;
  BenefitChange change = BenefitChange::unchanged;
};

/// Orders of a platform that were not read since their time was up.
struct UnobservedOrders {
  std::uint64_t orders = 0;
  std::chrono::days oldest{};  ///< Since it was placed.
};

/// What deciding did. `orders` is the sum of what follows it up to `withdrawn`.
struct BenefitSummary {
  std::uint64_t orders = 0;
  std::uint64_t not_due = 0;  ///< Younger than 14 days.
  std::uint64_t awaited = 0;  ///< Due, and the usual re-scan will still read them.
  std::uint64_t unpaid = 0;
  std::uint64_t pending = 0;
  std::uint64_t granted = 0;
  std::uint64_t withdrawn = 0;

  std::uint64_t decided_first = 0;
  std::uint64_t decided_anew = 0;  ///< Another decision than before.
  std::uint64_t granted_to_withdrawn = 0;
  std::uint64_t facts_changed = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t other_rule = 0;  ///< Stand as another rule has decided.

  std::uint64_t pending_unobserved = 0;
  std::uint64_t pending_unlisted = 0;   ///< The source has dropped them: no further run helps.
  std::uint64_t pending_set_aside = 0;  ///< What was read last cannot be stored.
  std::uint64_t pending_undated = 0;
  std::uint64_t pending_unknown_state = 0;
  std::uint64_t pending_accepted = 0;  ///< In none of those above: somebody has accepted them.
  std::map<std::string, UnobservedOrders> unobserved{};  ///< By platform; where there are any.
  std::vector<std::string> changed_orders{};             ///< The first few that were decided anew.

  bool dry_run = false;
  bool stopped = false;
  std::chrono::milliseconds elapsed{};

  void add(const BenefitSummary& more);  ///< The counts of further orders.
  /// partial while orders are pending that may be decided once more is read, and that nobody has
  /// accepted. A signal's code when
  /// stopped.
  [[nodiscard]] ExitCode exit_code(const Stop& stop) const;
};

/// Takes decisions of the orders that it is called with, in order of (platform, order id), after
/// they are durable. An error ends the run.
using BenefitReport = std::function<Result<void>(std::span<const DecidedOrder>)>;

/// Decides for each paid order, 14 days after it was placed, whether its benefit is granted or
/// withdrawn, and keeps the decision in benefit_decisions, each change of it in
/// benefit_decision_history. Reads every order each time, a thousand in one transaction, taking
/// turns with loads; writes only what has changed. A transaction that met a deadlock, or lost its
/// connection, is done again. May be interrupted at any point and run again.
class BenefitRun {
 public:
  /// What it is handed must outlive it. `orders` is counted up as it goes.
  BenefitRun(ConnectWarehouse connect, BenefitOptions options, const Clock& clock, const Stop& stop,
             Pause& pause, std::atomic<std::uint64_t>& orders)
      : connect_(std::move(connect)),
        options_(options),
        clock_(clock),
        stop_(stop),
        pause_(pause),
        orders_(orders) {}

  /// `report` may be empty. Errors: those of Connection and of `report`; not_found when there is no
  /// warehouse yet, or nothing of the platform in it that no other place knows either; corrupt.
  [[nodiscard]] Result<BenefitSummary> run(const BenefitReport& report);

 private:
  struct Batch;
  /// Whose orders are being judged.
  struct Source {
    const std::string platform;
    BenefitOrders orders;
    Listing listing;
  };

  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<std::vector<std::string>> platforms(sql::Connection& connection);
  [[nodiscard]] Result<bool> has(sql::Connection& connection, const TableSpec& table) const;
  [[nodiscard]] Result<void> platform_run(const std::string& platform, BenefitTables tables,
                                          const BenefitReport& report);
  [[nodiscard]] Result<Batch> step(sql::Connection& connection, Source& source,
                                   const std::string& after);
  [[nodiscard]] Result<Batch> within_transaction(sql::Connection& connection, Source& source,
                                                 const std::string& after);
  struct Times;
  [[nodiscard]] Times times_of(const BenefitOrder& order) const;
  /// Why an order whose time is up stays pending: nothing that was read shows how it stood then.
  [[nodiscard]] Result<Verdict> not_seen(BenefitSummary& counts, sql::Connection& connection,
                                         Source& source, const BenefitOrder& order,
                                         const Times& times) const;
  /// The verdict held against the decision that is stored.
  [[nodiscard]] DecidedOrder decided_order(const std::string& platform, BenefitOrder order,
                                           const BenefitFacts& facts, Verdict verdict,
                                           const Times& times) const;
  void count(BenefitSummary& counts, const DecidedOrder& decided) const;
  [[nodiscard]] Result<void> decide(Batch& batch, sql::Connection& connection, Source& source,
                                    BenefitOrder order) const;
  [[nodiscard]] Result<void> write(sql::Connection& connection, const Batch& batch) const;

  const ConnectWarehouse connect_;
  const BenefitOptions options_;
  const Clock& clock_;
  const Stop& stop_;
  Pause& pause_;
  std::atomic<std::uint64_t>& orders_;
  std::unique_ptr<sql::Connection> connection_;
  BenefitSummary summary_;
};

}  // namespace tidemark::load
