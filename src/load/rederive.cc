#include "load/rederive.h"

#include <utility>

#include "load/row_sql.h"
#include "load/schema.h"
#include "load/stream_turn.h"

namespace tidemark::load {
namespace {

constexpr std::int64_t records_per_step = 500;

}  // namespace

Result<RederiveSummary> Rederive::run(bool dry_run) {
  summary_ = {.dry_run = dry_run};
  Result<std::unique_ptr<sql::Connection>> connection = connect_();
  if (!connection) return fail(std::move(connection).error());
  if (!dry_run)
    if (Result<void> migrated = migrate_warehouse(**connection); !migrated)
      return fail(std::move(migrated).error());
  // Beside a load, a dry run would otherwise compare raw rows of one moment with orders of the
  // next.
  if (dry_run)
    if (Result<void> begun = (*connection)->begin(sql::Isolation::snapshot); !begun)
      return fail(std::move(begun).error());
  Result<void> done = derive(**connection);
  if (dry_run) (*connection)->rollback();
  if (!done) return fail(std::move(done).error());
  return std::move(summary_);
}

Result<void> Rederive::derive(sql::Connection& connection) {
  std::string after;
  for (bool more = true; more;) {
    if (stop_.requested()) {
      summary_.stopped = true;
      break;
    }
    if (Result<void> done = step(connection, after, more); !done) return done;
  }
  return {};
}

Result<void> Rederive::step(sql::Connection& connection, std::string& after, bool& more) {
  if (summary_.dry_run) return within_transaction(connection, after, more);
  if (Result<void> begun = connection.begin(sql::Isolation::write); !begun) return begun;
  Result<void> done = take_turn(connection, tables_.platform(), stream_);
  if (done) done = within_transaction(connection, after, more);
  if (done) done = connection.commit();
  if (!done) connection.rollback();
  return done;
}

Result<void> Rederive::within_transaction(sql::Connection& connection, std::string& after,
                                          bool& more) {
  RawLayer raw(connection, tables_.platform(), stream_);
  const Result<std::vector<RecordVersions>> records =
      raw.versions(after, records_per_step, tables_.keeps_history());
  if (!records) return fail(records.error());
  more = !records->empty();
  if (!more) return {};
  after = records->back().id;

  const std::unique_ptr<StreamBatch> batch = tables_.batch();
  std::vector<UnknownCode> unknown;
  for (const RecordVersions& record : *records) {
    ++summary_.records;
    if (record.versions.empty()) continue;
    if (const Result<void> taken = batch->take(record.versions, unknown); !taken) {
      ++summary_.rejected;
      // Where a present state is enough, the others were not read yet.
      if (!tables_.keeps_history()) {
        const Result<std::vector<Observed>> states = raw.states_of(record.id);
        if (!states) return fail(states.error());
        static_cast<void>(batch->take(*states, unknown));  // Refused as before, but for the older.
      }
      if (auto noted = note_reject(connection, record, taken.error()); !noted) return noted;
    } else if (record.rejected && !summary_.dry_run) {
      if (auto done = raw.mend(record.id); !done) return done;
    }
  }
  summary_.unknown_codes.insert(unknown.begin(), unknown.end());
  const Result<TableChanges> changes =
      batch->apply(connection, {.write = !summary_.dry_run, .derived_at = clock_.wall()});
  if (!changes) return fail(changes.error());
  summary_.inserted += changes->inserted;
  summary_.changed += changes->changed.size();
  summary_.unchanged += changes->unchanged;
  summary_.histories += changes->histories;
  records_ += records->size();
  return {};
}

Result<void> Rederive::note_reject(sql::Connection& connection, const RecordVersions& record,
                                   const Error& error) {
  if (summary_.dry_run) return {};
  const Observed& newest = record.versions.back();
  const sql::Values row = {tables_.platform(), stream_,       record.id,  newest.hash,
                           error.what.en,      error.what.zh, "rederive", utc_text(clock_.wall())};
  if (auto done = upsert_rows(connection, load_rejects_table(), std::span(&row, 1)); !done)
    return done;
  return RawLayer(connection, tables_.platform(), stream_).mark_rejected(record.id);
}

}  // namespace tidemark::load
