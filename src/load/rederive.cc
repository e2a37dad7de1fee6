#include "load/rederive.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "load/again.h"
#include "load/reject_store.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "load/stream_turn.h"
#include "sql/transaction.h"

namespace tidemark::load {
namespace {

constexpr std::int64_t records_per_step = 500;
/// So many of `records_per_step` records, of which it was not known, may be refused by the database
/// one by one. More are no matter of rows.
constexpr int refused_max = 10;

}  // namespace

void RederiveSummary::add(const RederiveSummary& more) {
  records += more.records;
  inserted += more.inserted;
  changed += more.changed;
  unchanged += more.unchanged;
  histories += more.histories;
  rejected += more.rejected;
  accepted += more.accepted;
  unknown_codes.add(more.unknown_codes);
  stopped = stopped || more.stopped;
}

Result<void> Rederive::open() {
  Result<std::unique_ptr<sql::Connection>> connection = connect_();
  if (!connection) return fail(std::move(connection).error());
  connection_ = std::move(*connection);
  return {};
}

Result<RederiveSummary> Rederive::run(bool dry_run) {
  dry_run_ = dry_run;
  summary_ = {.dry_run = dry_run};
  refused_ = 0;
  if (Result<void> opened = open(); !opened) return fail(std::move(opened).error());
  if (!dry_run)
    if (Result<void> migrated = migrate_warehouse(*connection_); !migrated)
      return fail(std::move(migrated).error());
  if (dry_run) {
    const Result<sql::Table> table = connection_->describe(load_rejects_accepted_table().name);
    if (!table && table.error().kind != ErrorKind::not_found) return fail(table.error());
    has_acceptances_ = table.has_value();
    // Beside a load, a dry run would otherwise compare raw rows of one moment with orders of the
    // next.
    if (Result<void> begun = connection_->begin(sql::Isolation::snapshot); !begun)
      return fail(std::move(begun).error());
  }
  Result<void> done = derive();
  if (dry_run) connection_->rollback();
  if (!done) return fail(std::move(done).error());
  return std::move(summary_);
}

Result<void> Rederive::derive() {
  std::int64_t limit = records_per_step;
  std::optional<Error> refusal;  // Why the database does not take the next record.
  std::int64_t among = 0;        // So many records since `refused_` was 0.
  for (std::string after;;) {
    if (stop_.requested()) {
      summary_.stopped = true;
      return {};
    }
    // A dry run is one transaction from beginning to end.
    Result<Step> done =
        dry_run_ ? within_transaction(after, limit, nullptr)
                 : again(
                       pause_, [&] { return step(after, limit, refusal ? &*refusal : nullptr); },
                       [&] { return open(); });
    if (!done && done.error().kind == ErrorKind::cancelled && stop_.requested()) continue;
    if (!done && done.error().kind == ErrorKind::query && !dry_run_ && !refusal) {
      if (limit == 1)
        refusal = Error(done.error()).within({"the database refuses it", "数据库拒绝该行"});
      else
        limit /= 2;
      continue;
    }
    if (!done) return fail(std::move(done).error());
    if (done->last.empty()) return {};
    if (refusal) {
      log_line(LogLevel::warning, printable(done->last) + ": " + refusal->what.en);
      if (done->newly_refused) ++refused_;
      refusal.reset();
    }
    among += static_cast<std::int64_t>(done->records);
    if (among >= records_per_step) {
      refused_ = 0;
      among = 0;
    }
    // Fewer came where they are long: to ask for all of them again would be in vain.
    limit =
        std::min(2 * std::min(limit, static_cast<std::int64_t>(done->records)), records_per_step);
    after = std::move(done->last);
    summary_.add(done->counts);
    records_ += done->records;
  }
}

Result<Rederive::Step> Rederive::step(const std::string& after, std::int64_t limit,
                                      const Error* refusal) {
  return sql::in_transaction(*connection_, [&]() -> Result<Step> {
    if (Result<void> turn = take_turn(*connection_, tables_.platform(), stream_); !turn)
      return fail(std::move(turn));
    return within_transaction(after, limit, refusal);
  });
}

Result<Rederive::Step> Rederive::within_transaction(const std::string& after, std::int64_t limit,
                                                    const Error* refusal) {
  RawLayer raw(*connection_, tables_.platform(), stream_);
  const Result<std::vector<RecordVersions>> records =
      raw.versions(after, limit, tables_.keeps_history());
  if (!records) return fail(records.error());
  Step step;
  if (records->empty()) return step;
  step.last = records->back().id;
  step.records = records->size();

  const std::unique_ptr<StreamBatch> batch = tables_.batch();
  std::vector<UnknownCode> unknown;
  for (const RecordVersions& record : *records) {
    ++step.counts.records;
    if (record.versions.empty()) continue;
    if (refusal != nullptr) {
      step.newly_refused = !record.rejected;
      if (step.newly_refused && refused_ == refused_max) return fail(*refusal);
      if (auto noted = refuse(step, record, *refusal); !noted) return fail(noted.error());
      continue;
    }
    if (const Result<void> taken = batch->take(record.versions, unknown); !taken) {
      // Where a present state is enough, the others were not read yet.
      if (!tables_.keeps_history()) {
        const Result<std::vector<Observed>> states = raw.states_of(record.id);
        if (!states) return fail(states.error());
        static_cast<void>(batch->take(*states, unknown));  // Refused as before, but for the older.
      }
      if (auto noted = refuse(step, record, taken.error()); !noted) return fail(noted.error());
    } else if (record.rejected && !dry_run_) {
      if (auto done = raw.mend(record.id); !done) return fail(done.error());
    }
  }
  for (const UnknownCode& code : unknown) step.counts.unknown_codes.add(code);
  const Result<TableChanges> changes =
      batch->apply(*connection_, {.write = !dry_run_, .derived_at = clock_.wall()});
  if (!changes) return fail(changes.error());
  step.counts.inserted = changes->inserted;
  step.counts.changed = changes->changed.size();
  step.counts.unchanged = changes->unchanged;
  step.counts.histories = changes->histories;
  return step;
}

Result<void> Rederive::refuse(Step& step, const RecordVersions& record, const Error& error) {
  const Observed& newest = record.versions.back();
  std::map<std::string, std::string> accepted;
  if (has_acceptances_) {
    auto known =
        accepted_rejects(*connection_, tables_.platform(), stream_, std::span(&record.id, 1));
    if (!known) return fail(std::move(known).error());
    accepted = std::move(*known);
  }
  const auto known = accepted.find(record.id);
  ++(known != accepted.end() && known->second == newest.hash ? step.counts.accepted
                                                             : step.counts.rejected);
  if (dry_run_) return {};
  const sql::Values row = {tables_.platform(), stream_,       record.id,  newest.hash,
                           error.what.en,      error.what.zh, "rederive", utc_text(clock_.wall())};
  if (auto done = upsert_rows(*connection_, load_rejects_table(), std::span(&row, 1)); !done)
    return done;
  return RawLayer(*connection_, tables_.platform(), stream_).mark_rejected(record.id);
}

}  // namespace tidemark::load
