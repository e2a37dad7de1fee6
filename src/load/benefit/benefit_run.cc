#include "load/benefit/benefit_run.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "load/again.h"
#include "load/benefit/benefit_schema.h"
#include "load/benefit/order_states.h"
#include "load/benefit_period.h"
#include "load/platforms.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "load/stream_turn.h"
#include "sql/transaction.h"

namespace tidemark::load {
namespace {

constexpr std::int64_t orders_per_step = 1000;
constexpr std::size_t examples_max = 20;
constexpr std::chrono::seconds second{1};

CivilTime local(WallTime time, std::chrono::minutes utc_offset) {
  return CivilTime(
      std::chrono::local_time<std::chrono::microseconds>(time.time_since_epoch() + utc_offset));
}

sql::Value text_or_null(const std::string& text) {
  return text.empty() ? sql::Value() : sql::Value(text);
}

sql::Values decision_row(const DecidedOrder& decided, CivilTime now) {
  return {decided.platform,
          decided.order.order_id,
          std::string(name(decided.decision)),
          text_or_null(decided.previous),
          decided.due_at.text(),
          decided.decided_at.text(6),
          decided.rule_version,
          decided.facts.text(),
          decided.reason.en,
          decided.reason.zh,
          now.text(6)};
}

sql::Values history_row(const DecidedOrder& decided, CivilTime now) {
  return {decided.platform,
          decided.order.order_id,
          now.text(6),
          std::string(name(decided.decision)),
          text_or_null(decided.previous),
          decided.rule_version,
          decided.facts.text(),
          decided.reason.en,
          decided.reason.zh};
}

void count_pending(BenefitSummary& summary, const DecidedOrder& decided) {
  if (payment_of(decided.facts.order_state) == Payment::unknown)
    ++summary.pending_unknown_state;
  else
    ++summary.pending_undated;
}

}  // namespace

/// What came of some orders.
struct BenefitRun::Batch {
  std::string last;  ///< Empty: there were no orders.
  std::vector<DecidedOrder> decided;
  BenefitSummary counts;
};

std::string_view name(BenefitChange change) {
  switch (change) {
    case BenefitChange::unchanged:
      return "unchanged";
    case BenefitChange::first:
      return "first";
    case BenefitChange::changed:
      return "changed";
    case BenefitChange::facts:
      return "facts";
  }
  return "unchanged";
}

ExitCode BenefitSummary::exit_code(const Stop& stop) const {
  if (stopped) return exit_code_for(stop);
  return pending > pending_unlisted + pending_accepted ? ExitCode::partial : ExitCode::done;
}

/// The times of an order, by the clock of its shop.
struct BenefitRun::Times {
  CivilTime now;
  CivilTime created;
  CivilTime due;
  /// The last second counts as a whole, and what happened in it may show a little later.
  CivilTime settled;
  std::optional<CivilTime> observed;  ///< When it was read last.

  [[nodiscard]] bool seen_when_settled() const { return observed && *observed >= settled; }
};

BenefitRun::Times BenefitRun::times_of(const BenefitOrder& order) const {
  const WallTime wall = clock_.wall();
  const CivilTime due = load::due_at(order.order.created_at);
  Times times{.now = local(wall, order.utc_offset),
              .created = order.order.created_at,
              .due = due,
              .settled = due + second + options_.margin,
              .observed = {}};
  // An observation in the future is one by a clock that was wrong: it proves nothing.
  if (order.observed_at && *order.observed_at <= wall + options_.margin)
    times.observed = local(*order.observed_at, order.utc_offset);
  return times;
}

Result<Verdict> BenefitRun::not_seen(BenefitSummary& counts, sql::Connection& connection,
                                     Source& source, const BenefitOrder& order,
                                     const Times& times) const {
  if (order.set_aside) {
    ++counts.pending_set_aside;
    return set_aside();
  }
  if (times.observed) {
    const WallTime settled = WallTime(times.settled.time().time_since_epoch()) - order.utc_offset;
    const Result<bool> dropped = source.listing.listed_since(connection, times.created,
                                                             std::max(*order.observed_at, settled));
    if (!dropped) return fail(dropped.error());
    if (*dropped) {
      ++counts.pending_unlisted;
      return unlisted(*times.observed);
    }
  }
  ++counts.pending_unobserved;
  UnobservedOrders& unobserved = counts.unobserved[source.platform];
  ++unobserved.orders;
  unobserved.oldest =
      std::max(unobserved.oldest, std::chrono::ceil<std::chrono::days>(times.now - times.created));
  return load::unobserved(times.created, times.observed);
}

DecidedOrder BenefitRun::decided_order(const std::string& platform, BenefitOrder order,
                                       const BenefitFacts& facts, Verdict verdict,
                                       const Times& times) const {
  DecidedOrder decided{.platform = platform,
                       .order = {},
                       .facts = facts,
                       .due_at = times.due,
                       .rule_version = std::string(options_.rule.version()),
                       .reason = {}};
  if (!order.stored) {
    decided.change = BenefitChange::first;
    decided.decision = verdict.decision;
    decided.decided_at = times.now;
    decided.reason = std::move(verdict.reason);
  } else {
    const StoredDecision& stored = *order.stored;
    const bool same_facts = stored.facts == facts.text();
    const bool other_rule = stored.rule_version != options_.rule.version();
    tell_change(verdict, stored.decision, stored.decided_at);
    const bool same_decision = stored.decision == verdict.decision;
    // Decided before, with these facts: that stands, unless somebody wants the present rule.
    const bool same_answer = stored.decision != Decision::pending ||
                             (same_decision && stored.reason.en == verdict.reason.en);
    const bool stands = same_facts && same_answer && !(options_.redecide && other_rule);
    decided.change = stands          ? BenefitChange::unchanged
                     : same_decision ? BenefitChange::facts
                                     : BenefitChange::changed;
    decided.decision = stands ? stored.decision : verdict.decision;
    decided.decided_at = stands || same_decision ? stored.decided_at : times.now;
    decided.previous =
        stands || same_decision ? stored.previous : std::string(name(stored.decision));
    if (stands) decided.rule_version = stored.rule_version;
    decided.reason = stands ? stored.reason : std::move(verdict.reason);
  }
  decided.order = std::move(order);
  return decided;
}

void BenefitRun::count(BenefitSummary& counts, const DecidedOrder& decided) const {
  switch (decided.decision) {
    case Decision::granted:
      ++counts.granted;
      break;
    case Decision::withdrawn:
      ++counts.withdrawn;
      break;
    case Decision::pending:
      ++counts.pending;
      break;
    case Decision::none:
      ++counts.unpaid;
      break;
  }
  switch (decided.change) {
    case BenefitChange::unchanged:
      ++counts.unchanged;
      if (decided.rule_version != options_.rule.version()) ++counts.other_rule;
      break;
    case BenefitChange::first:
      ++counts.decided_first;
      break;
    case BenefitChange::facts:
      ++counts.facts_changed;
      break;
    case BenefitChange::changed:
      ++counts.decided_anew;
      if (decided.previous == name(Decision::granted) && decided.decision == Decision::withdrawn)
        ++counts.granted_to_withdrawn;
      counts.changed_orders.push_back(decided.order.order_id);
      break;
  }
}

Result<void> BenefitRun::decide(Batch& batch, sql::Connection& connection, Source& source,
                                BenefitOrder order) const {
  BenefitSummary& counts = batch.counts;
  ++counts.orders;
  const Times times = times_of(order);
  if (times.now < times.settled && !order.stored) {
    ++counts.not_due;
    return {};
  }
  const BenefitFacts facts = gather_facts(order.order, order.history, order.after_sales, times.due);
  const bool cancelled = payment_of(facts.order_state) == Payment::cancelled;
  const bool decided_before = order.stored && order.stored->decision != Decision::pending;
  const bool can_be_judged = times.seen_when_settled() || cancelled || decided_before;
  if (!can_be_judged &&
      times.now - times.created <= std::max<std::chrono::microseconds>(
                                       options_.usual_rescan, times.settled - times.created)) {
    ++counts.awaited;
    return {};
  }
  BenefitSummary causes;  // Why it is pending, if it is.
  Result<Verdict> verdict = can_be_judged ? Result<Verdict>(judge(facts, options_.rule))
                                          : not_seen(causes, connection, source, order, times);
  if (!verdict) return fail(std::move(verdict).error());
  if (verdict->decision == Decision::none && !order.stored) {
    ++counts.unpaid;
    return {};
  }
  DecidedOrder decided =
      decided_order(source.platform, std::move(order), facts, std::move(*verdict), times);
  count(counts, decided);
  if (decided.decision == Decision::pending && can_be_judged) count_pending(causes, decided);
  // A row that has changed is another one than was accepted.
  if (decided.decision == Decision::pending && decided.change == BenefitChange::unchanged &&
      decided.order.stored->accepted)
    ++counts.pending_accepted;
  else
    counts.add(causes);
  batch.decided.push_back(std::move(decided));
  return {};
}

Result<void> BenefitRun::write(sql::Connection& connection, const Batch& batch) const {
  std::vector<sql::Values> fresh, replaced, history;
  const WallTime wall = clock_.wall();
  for (const DecidedOrder& decided : batch.decided) {
    if (decided.change == BenefitChange::unchanged) continue;
    const CivilTime now = local(wall, decided.order.utc_offset);
    (decided.change == BenefitChange::first ? fresh : replaced)
        .push_back(decision_row(decided, now));
    history.push_back(history_row(decided, now));
  }
  if (auto done = insert_rows(connection, benefit_decisions_table(), fresh); !done) return done;
  if (auto done = upsert_rows(connection, benefit_decisions_table(), replaced); !done) return done;
  return insert_rows(connection, benefit_decision_history_table(), history);
}

Result<BenefitRun::Batch> BenefitRun::within_transaction(sql::Connection& connection,
                                                         Source& source, const std::string& after) {
  Result<std::vector<BenefitOrder>> found = source.orders.read(connection, after, orders_per_step);
  if (!found) return fail(std::move(found).error());
  Batch batch;
  if (!found->empty()) batch.last = found->back().order_id;
  for (BenefitOrder& order : *found)
    if (Result<void> done = decide(batch, connection, source, std::move(order)); !done)
      return fail(std::move(done).error());
  if (options_.dry_run) return batch;
  if (Result<void> written = write(connection, batch); !written) return fail(written.error());
  return batch;
}

Result<BenefitRun::Batch> BenefitRun::step(sql::Connection& connection, Source& source,
                                           const std::string& after) {
  if (options_.dry_run) return within_transaction(connection, source, after);
  return sql::in_transaction(connection, [&]() -> Result<Batch> {
    if (Result<void> turn = take_turn(connection, source.platform, "orders"); !turn)
      return fail(std::move(turn));
    return within_transaction(connection, source, after);
  });
}

Result<void> BenefitRun::open() {
  Result<std::unique_ptr<sql::Connection>> connection = connect_();
  if (!connection) return fail(std::move(connection).error());
  connection_ = std::move(*connection);
  return {};
}

Result<void> BenefitRun::platform_run(const std::string& platform, BenefitTables tables,
                                      const BenefitReport& report) {
  Source source{.platform = platform,
                .orders = BenefitOrders(platform, options_.created, tables),
                .listing = Listing(platform, tables.gaps)};
  std::string after;
  while (true) {
    if (stop_.requested()) {
      summary_.stopped = true;
      return {};
    }
    Result<Batch> batch =
        again(pause_, [&] { return step(*connection_, source, after); }, [&] { return open(); });
    if (!batch && batch.error().kind == ErrorKind::cancelled && stop_.requested()) continue;
    if (!batch) return fail(std::move(batch).error());
    if (batch->last.empty()) return {};
    after = batch->last;
    summary_.add(batch->counts);
    orders_ = summary_.orders;
    if (report)
      if (Result<void> told = report(batch->decided); !told) return told;
  }
}

void BenefitSummary::add(const BenefitSummary& more) {
  orders += more.orders;
  not_due += more.not_due;
  awaited += more.awaited;
  unpaid += more.unpaid;
  pending += more.pending;
  granted += more.granted;
  withdrawn += more.withdrawn;
  decided_first += more.decided_first;
  decided_anew += more.decided_anew;
  granted_to_withdrawn += more.granted_to_withdrawn;
  facts_changed += more.facts_changed;
  unchanged += more.unchanged;
  other_rule += more.other_rule;
  pending_unobserved += more.pending_unobserved;
  pending_set_aside += more.pending_set_aside;
  pending_undated += more.pending_undated;
  pending_unknown_state += more.pending_unknown_state;
  pending_unlisted += more.pending_unlisted;
  pending_accepted += more.pending_accepted;
  for (const auto& [platform, others] : more.unobserved) {
    UnobservedOrders& all = unobserved[platform];
    all.orders += others.orders;
    all.oldest = std::max(all.oldest, others.oldest);
  }
  for (const std::string& order : more.changed_orders)
    if (changed_orders.size() < examples_max) changed_orders.push_back(order);
}

Result<std::vector<std::string>> BenefitRun::platforms(sql::Connection& connection) {
  std::vector<std::string> names;
  Result<std::unique_ptr<sql::Cursor>> cursor =
      connection.query("SELECT platform FROM load_streams WHERE stream='orders' ORDER BY platform");
  if (!cursor) return fail(std::move(cursor));
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) break;
    names.emplace_back((*cursor)->at(0).value_or(""));
  }
  if (!options_.platform) return names;
  const bool known = std::ranges::find(names, *options_.platform) != names.end();
  if (!known && platform_named(*options_.platform) == nullptr)
    return fail(ErrorKind::not_found,
                {"the warehouse has no orders of a platform '{}'", "数仓中没有平台“{}”的订单"},
                printable(*options_.platform));
  return known ? std::vector<std::string>{*options_.platform} : std::vector<std::string>();
}

Result<bool> BenefitRun::has(sql::Connection& connection, const TableSpec& table) const {
  if (!options_.dry_run) return true;
  const Result<sql::Table> found = connection.describe(table.name);
  if (found) return true;
  if (found.error().kind != ErrorKind::not_found) return fail(found.error());
  return false;
}

Result<BenefitSummary> BenefitRun::run(const BenefitReport& report) {
  const SteadyTime start = clock_.steady();
  summary_ = {.dry_run = options_.dry_run};
  if (Result<void> opened = open(); !opened) return fail(std::move(opened).error());
  if (!options_.dry_run)
    if (Result<void> migrated = migrate_warehouse(*connection_); !migrated)
      return fail(std::move(migrated).error());
  const Result<bool> decisions = has(*connection_, benefit_decisions_table());
  if (!decisions) return fail(decisions.error());
  const Result<bool> after_sales = has(*connection_, refunds_table());
  if (!after_sales) return fail(after_sales.error());
  const Result<bool> gaps = has(*connection_, load_gaps_table());
  if (!gaps) return fail(gaps.error());
  const Result<bool> accepted = has(*connection_, benefit_pending_accepted_table());
  if (!accepted) return fail(accepted.error());
  const BenefitTables tables{
      .decisions = *decisions, .accepted = *accepted, .after_sales = *after_sales, .gaps = *gaps};
  const Result<std::vector<std::string>> names = platforms(*connection_);
  if (!names) return fail(names.error());
  for (const std::string& platform : *names)
    if (Result<void> done = platform_run(platform, tables, report); !done)
      return fail(std::move(done).error());
  summary_.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - start);
  return summary_;
}

}  // namespace tidemark::load
