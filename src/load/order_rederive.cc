#include "load/order_rederive.h"

#include <utility>

#include "load/row_sql.h"
#include "load/schema.h"
#include "load/stream_turn.h"

namespace tidemark::load {
namespace {

constexpr std::int64_t records_per_step = 500;

}  // namespace

Result<RederiveSummary> OrderRederive::run(bool dry_run) {
  summary_ = {.dry_run = dry_run};
  Result<std::unique_ptr<sql::Connection>> connection = connect_();
  if (!connection) return fail(std::move(connection).error());
  if (!dry_run)
    if (Result<void> migrated = migrate_warehouse(**connection); !migrated)
      return fail(std::move(migrated).error());
  std::string after;
  for (bool more = true; more;) {
    if (stop_.requested()) {
      summary_.stopped = true;
      break;
    }
    if (Result<void> done = step(**connection, after, more); !done)
      return fail(std::move(done).error());
  }
  return std::move(summary_);
}

Result<void> OrderRederive::step(sql::Connection& connection, std::string& after, bool& more) {
  if (summary_.dry_run) return within_transaction(connection, after, more);
  if (Result<void> begun = connection.begin(sql::Isolation::write); !begun) return begun;
  Result<void> done = take_turn(connection, stream_.platform, stream_.stream);
  if (done) done = within_transaction(connection, after, more);
  if (done) done = connection.commit();
  if (!done) connection.rollback();
  return done;
}

Result<void> OrderRederive::within_transaction(sql::Connection& connection, std::string& after,
                                               bool& more) {
  RawLayer raw(connection, stream_.platform, stream_.stream);
  const Result<std::vector<RecordVersions>> records = raw.versions(after, records_per_step);
  if (!records) return fail(records.error());
  more = !records->empty();
  if (!more) return {};
  after = records->back().id;

  const WallTime now = clock_.wall();
  std::vector<SeenOrder> orders;
  std::vector<std::vector<SeenOrder>> histories;
  std::vector<UnknownCode> unknown;
  for (const RecordVersions& record : *records) {
    std::vector<SeenOrder> states;
    std::optional<Error> refused;
    for (const Observed& version : record.versions) {
      Result<Order> order = stream_.transform->transform(version.payload, unknown);
      refused.reset();
      if (order)
        states.push_back({.order = std::move(*order), .observed_at = version.observed_at});
      else
        refused = std::move(order).error();
    }
    ++summary_.records;
    if (refused) {
      ++summary_.rejected;
      if (auto noted = note_reject(connection, record, *refused); !noted) return noted;
    } else if (!states.empty()) {
      orders.push_back({.order = states.back().order, .observed_at = now});
      if (record.rejected && !summary_.dry_run) {
        if (auto done = raw.mend(record.id); !done) return done;
      }
    }
    if (!refused && !states.empty()) histories.push_back(std::move(states));
  }
  summary_.unknown_codes.insert(unknown.begin(), unknown.end());
  OrderTables tables(connection, stream_.platform, stream_.utc_offset);
  const Result<OrderChanges> changes =
      tables.apply(orders, summary_.dry_run ? OrderWriting::nothing : OrderWriting::rows);
  if (!changes) return fail(changes.error());
  const Result<std::uint64_t> rewritten = tables.rewrite_history(histories, !summary_.dry_run);
  if (!rewritten) return fail(rewritten.error());
  summary_.inserted += changes->inserted;
  summary_.changed += changes->changed.size();
  summary_.unchanged += changes->unchanged;
  summary_.histories += *rewritten;
  records_ += records->size();
  return {};
}

Result<void> OrderRederive::note_reject(sql::Connection& connection, const RecordVersions& record,
                                        const Error& error) {
  if (summary_.dry_run) return {};
  const Observed& newest = record.versions.back();
  const sql::Values row = {stream_.platform, stream_.stream, record.id,  newest.hash,
                           error.what.en,    error.what.zh,  "rederive", utc_text(clock_.wall())};
  if (auto done = upsert_rows(connection, load_rejects_table(), std::span(&row, 1)); !done)
    return done;
  return RawLayer(connection, stream_.platform, stream_.stream).mark_rejected(record.id);
}

}  // namespace tidemark::load
