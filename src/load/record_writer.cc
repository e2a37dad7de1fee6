#include "load/record_writer.h"

#include <algorithm>
#include <iterator>
#include <span>

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

constexpr std::size_t id_bytes_max = 128;
/// Clocks of machines that load the same stream may be so far apart.
constexpr std::chrono::minutes stamp_ahead_max{10};

/// So many rows of a batch, of which it was not known, may be refused by the database one by one.
/// More are no matter of rows.
constexpr int refused_max = 10;

}  // namespace

Observed observed_row(std::string id, std::string payload, WallTime observed_at) {
  Observed row{.id = std::move(id),
               .hash = content_hash(payload),
               .payload = std::move(payload),
               .observed_at = observed_at};
  // To MySQL, a key with a blank at its end is the same as without.
  if (row.id.empty() || row.id.size() > id_bytes_max || row.id.contains('\0') ||
      row.id.front() == '#' || row.id.back() == ' ' || !is_utf8(row.id))
    row.id = '#' + row.hash;
  return row;
}

void BatchOutcome::add(BatchOutcome more) {
  inserted += more.inserted;
  unchanged += more.unchanged;
  older += more.older;
  same_moment += more.same_moment;
  redated += more.redated;
  accepted += more.accepted;
  std::ranges::move(more.late, std::back_inserter(late));
  std::ranges::move(more.changed, std::back_inserter(changed));
  std::ranges::move(more.rejected, std::back_inserter(rejected));
  unknown_codes.merge(more.unknown_codes);
}

/// The rows of a batch by what has to be done with them.
struct RecordWriter::Sorted {
  std::vector<const Observed*> add;  ///< To the raw layer, with what is true of each:
  std::vector<bool> is_new;
  std::vector<bool> rejected;
  std::vector<const Observed*> again;
  std::unique_ptr<StreamBatch> records;
  std::vector<std::pair<const Observed*, Error>> refused;
  std::vector<std::string> mended;     ///< Were rejected, can be stored now.
  std::vector<std::string> no_longer;  ///< The other way round.
};

Result<RecordWriter> RecordWriter::open(ConnectWarehouse connect, const StreamTables& tables,
                                        bool dry_run, Pause& pause, const Clock& clock) {
  RecordWriter writer(std::move(connect), tables, dry_run, pause, clock);
  if (Result<void> connected = writer.reconnect(); !connected) {
    // A dry run does not make the file that the run would make.
    if (!dry_run || connected.error().kind != ErrorKind::not_found)
      return fail(std::move(connected).error());
    writer.has_tables_ = false;
    return writer;
  }
  if (dry_run) {
    // Of a warehouse that an older Tidemark made, the table of this stream may be missing.
    for (const std::string_view needed : {load_streams_table().name, table_name(tables.kind())}) {
      const Result<sql::Table> table = writer.connection_->describe(needed);
      if (!table && table.error().kind != ErrorKind::not_found) return fail(table.error());
      writer.has_tables_ = writer.has_tables_ && table.has_value();
    }
    const Result<sql::Table> gaps = writer.connection_->describe(load_gaps_table().name);
    if (!gaps && gaps.error().kind != ErrorKind::not_found) return fail(gaps.error());
    writer.has_gaps_ = gaps.has_value();
  }
  return writer;
}

Result<void> RecordWriter::reconnect() {
  Result<std::unique_ptr<sql::Connection>> connection = connect_();
  if (!connection) return fail(std::move(connection).error());
  connection_ = std::move(*connection);
  return {};
}

Result<std::optional<Complete>> RecordWriter::complete() {
  if (!has_tables_) return std::nullopt;
  return ScanStore(*connection_, tables_->platform(), stream_).complete();
}

Result<std::vector<Gap>> RecordWriter::gaps() {
  if (!has_tables_ || !has_gaps_) return std::vector<Gap>();
  return ScanStore(*connection_, tables_->platform(), stream_).gaps();
}

/// Keeps of one record the newest state; sorted, so that all writers touch keys in one order.
/// Returns how many were left out.
std::uint64_t RecordWriter::fold(std::vector<Observed>& batch) const {
  const std::size_t before = batch.size();
  std::ranges::sort(batch, [](const Observed& a, const Observed& b) {
    return a.id != b.id ? a.id < b.id : a.observed_at > b.observed_at;
  });
  if (tables_->stamped()) {
    for (auto first = batch.begin(); first != batch.end();) {
      const auto last = std::find_if(first, batch.end(),
                                     [&](const Observed& row) { return row.id != first->id; });
      auto newest = first;
      if (last - first > 1) {
        std::optional<CivilTime> newest_stamp = tables_->version_of(first->payload);
        for (auto row = first + 1; row != last; ++row)
          if (const auto stamp = tables_->version_of(row->payload);
              stamp && newest_stamp && *stamp > *newest_stamp) {
            newest = row;
            newest_stamp = stamp;
          }
      }
      std::iter_swap(first, newest);
      first = last;
    }
  }
  const auto repeats = std::ranges::unique(batch, {}, &Observed::id);
  batch.erase(repeats.begin(), repeats.end());
  return before - batch.size();
}

Result<BatchOutcome> RecordWriter::write(std::vector<Observed> batch, std::string_view scan_id) {
  const std::size_t rows = batch.size();
  const std::uint64_t repeats = fold(batch);
  int refused = 0;
  Result<BatchOutcome> outcome = halved(std::move(batch), scan_id, refused);
  if (!outcome) return outcome;
  outcome->rows = rows;
  outcome->repeats = repeats;
  return outcome;
}

Result<BatchOutcome> RecordWriter::halved(std::vector<Observed> batch, std::string_view scan_id,
                                          int& refused) {
  Result<BatchOutcome> whole = repeated(batch, scan_id, nullptr);
  if (whole || dry_run_ || whole.error().kind != ErrorKind::query) return whole;
  if (batch.size() == 1) {
    const Result<bool> known =
        again(*pause_, [&] { return known_refused(batch.front()); }, [&] { return reconnect(); });
    if (!known) return fail(known.error());
    if (!*known && ++refused > refused_max) return whole;
    const Error refusal =
        Error(whole.error()).within({"the database refuses it", "数据库拒绝该行"});
    Result<BatchOutcome> aside = repeated(batch, scan_id, &refusal);
    // Not even its raw form is taken: then it is more than that row.
    if (!aside) return whole;
    log_line(LogLevel::warning, printable(batch.front().id) + ": " + refusal.what.en);
    return aside;
  }
  const auto middle = batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2);
  std::vector<Observed> rest(std::move_iterator(middle), std::move_iterator(batch.end()));
  batch.erase(middle, batch.end());
  Result<BatchOutcome> outcome = halved(std::move(batch), scan_id, refused);
  if (!outcome) return outcome;
  Result<BatchOutcome> more = halved(std::move(rest), scan_id, refused);
  if (!more) return more;
  outcome->add(std::move(*more));
  return outcome;
}

Result<bool> RecordWriter::known_refused(const Observed& row) {
  if (!connection_)
    return fail(ErrorKind::unreachable, {"not connected to the warehouse", "未连接数仓"});
  const auto seen = raw().seen(std::span(&row.id, 1));
  if (!seen) return fail(seen.error());
  if (const auto known = seen->find(row.id);
      known != seen->end() && known->second.rejected && known->second.hash == row.hash)
    return true;
  const auto accepted =
      accepted_rejects(*connection_, tables_->platform(), stream_, std::span(&row.id, 1));
  if (!accepted) return fail(accepted.error());
  const auto known = accepted->find(row.id);
  return known != accepted->end() && known->second == row.hash;
}

Result<BatchOutcome> RecordWriter::repeated(std::vector<Observed>& batch, std::string_view scan_id,
                                            const Error* refusal) {
  return again(
      *pause_, [&] { return attempt(batch, scan_id, refusal); }, [&] { return reconnect(); });
}

Result<BatchOutcome> RecordWriter::attempt(std::vector<Observed>& batch, std::string_view scan_id,
                                           const Error* refusal) {
  if (dry_run_) return within_transaction(batch, scan_id, refusal);
  if (!connection_)
    return fail(ErrorKind::unreachable, {"not connected to the warehouse", "未连接数仓"});
  return sql::in_transaction(*connection_, [&]() -> Result<BatchOutcome> {
    if (Result<void> turn = take_turn(*connection_, tables_->platform(), stream_); !turn)
      return fail(std::move(turn));
    return within_transaction(batch, scan_id, refusal);
  });
}

/// Takes observations that lie in the future for what they are, so that none hides what was read
/// now.
Result<void> RecordWriter::redate(RawLayer& layer, const std::vector<Observed>& batch,
                                  std::map<std::string, Seen>& seen, BatchOutcome& outcome) const {
  const WallTime latest = clock_->wall() + stamp_ahead_max;
  for (const Observed& row : batch) {
    const auto known = seen.find(row.id);
    if (known == seen.end() || known->second.observed_at <= latest) continue;
    ++outcome.redated;
    if (dry_run_) {
      known->second.observed_at = row.observed_at - std::chrono::microseconds(1);
      continue;
    }
    const Result<WallTime> stamp = layer.redate(row.id, latest, row.observed_at);
    if (!stamp) return fail(stamp.error());
    known->second.observed_at = known->second.first_observed_at = *stamp;
  }
  return {};
}

/// Ids of rows whose record is known in a newer state. A row that is newer by the source's stamp
/// although it was observed earlier gets an observation just behind the known one: states of a
/// record stand in the raw layer in the order in which they were true.
Result<std::set<std::string>> RecordWriter::older(RawLayer& layer, std::vector<Observed>& batch,
                                                  const std::map<std::string, Seen>& seen) const {
  std::set<std::string> older;
  std::vector<std::string> changed;
  for (const Observed& row : batch) {
    const auto known = seen.find(row.id);
    if (known == seen.end() || known->second.hash == row.hash) continue;
    if (row.observed_at <= known->second.observed_at) older.insert(row.id);
    changed.push_back(row.id);
  }
  if (!tables_->stamped() || changed.empty()) return older;
  const auto payloads = layer.present_payloads(changed);
  if (!payloads) return fail(payloads.error());
  for (Observed& row : batch) {
    const auto payload = payloads->find(row.id);
    if (payload == payloads->end()) continue;
    const std::optional<CivilTime> stamp = tables_->version_of(row.payload);
    const std::optional<CivilTime> known = tables_->version_of(payload->second);
    if (!stamp || !known || *stamp == *known) continue;
    if (*stamp < *known) {
      older.insert(row.id);
      continue;
    }
    older.erase(row.id);
    row.observed_at =
        std::max(row.observed_at, seen.at(row.id).observed_at + std::chrono::microseconds(1));
  }
  return older;
}

RecordWriter::Sorted RecordWriter::sorted(const std::vector<Observed>& batch,
                                          const std::map<std::string, Seen>& seen,
                                          const std::set<std::string>& older, const Error* refusal,
                                          BatchOutcome& outcome) const {
  Sorted sorted;
  sorted.records = tables_->batch();
  std::vector<UnknownCode> unknown;
  for (const Observed& row : batch) {
    const auto known = seen.find(row.id);
    const bool is_new = known == seen.end();
    const bool same = !is_new && known->second.hash == row.hash;
    if (older.contains(row.id)) {
      ++outcome.older;
      if (row.observed_at == known->second.observed_at) ++outcome.same_moment;
      continue;
    }
    const bool was_rejected = !is_new && known->second.rejected;
    if (same) {
      sorted.again.push_back(&row);
      if (!was_rejected) {
        // As deriving again does: what stands in the tables stays, and is known to be wrong.
        if (Result<void> still = tables_->look_again(row.payload, unknown); still) {
          ++outcome.unchanged;
        } else {
          sorted.refused.emplace_back(&row, std::move(still).error());
          sorted.no_longer.push_back(row.id);
        }
        continue;
      }
    }
    Result<void> taken;
    if (refusal != nullptr) {
      taken = fail(*refusal);
    } else if (same) {
      // What it says was true when it was first seen, and not only now that it can be stored.
      Observed first = row;
      first.observed_at = known->second.first_observed_at;
      taken = sorted.records->take(std::span(&first, 1), unknown);
    } else {
      taken = sorted.records->take(std::span(&row, 1), unknown);
    }
    if (!same) {
      sorted.add.push_back(&row);
      sorted.is_new.push_back(is_new);
      sorted.rejected.push_back(!taken.has_value());
    }
    if (!taken) {
      sorted.refused.emplace_back(&row, std::move(taken).error());
      continue;
    }
    if (was_rejected) sorted.mended.push_back(row.id);
  }
  outcome.unknown_codes.insert(unknown.begin(), unknown.end());
  return sorted;
}

Result<BatchOutcome> RecordWriter::within_transaction(std::vector<Observed>& batch,
                                                      std::string_view scan_id,
                                                      const Error* refusal) {
  BatchOutcome outcome;
  std::map<std::string, Seen> seen;
  std::set<std::string> known_newer;
  std::optional<RawLayer> layer;
  if (has_tables_) {
    std::vector<std::string> ids;
    for (const Observed& row : batch) ids.push_back(row.id);
    layer.emplace(raw());
    auto known = layer->seen(ids);
    if (!known) return fail(std::move(known).error());
    seen = std::move(*known);
    if (auto done = redate(*layer, batch, seen, outcome); !done) return fail(done.error());
    auto found = older(*layer, batch, seen);
    if (!found) return fail(std::move(found).error());
    known_newer = std::move(*found);
  }
  const Sorted rows = sorted(batch, seen, known_newer, refusal, outcome);
  if (auto done = tell_refused(rows, outcome); !done) return fail(done.error());
  if (!has_tables_) {
    outcome.inserted = rows.records->size();
    return outcome;
  }
  Result<TableChanges> changes = rows.records->apply(
      *connection_, {.write = !dry_run_, .complete = complete_, .unproven = unproven_});
  if (!changes) return fail(std::move(changes).error());
  outcome.inserted = changes->inserted;
  outcome.unchanged += changes->unchanged;
  outcome.changed = std::move(changes->changed);
  outcome.late = std::move(changes->late);
  if (dry_run_) return outcome;
  // First, for its ranges of ids are those that were there when the batch was compared.
  if (auto done = layer->seen_again(rows.again, scan_id); !done) return fail(done.error());
  if (auto done = layer->add(rows.add, rows.is_new, rows.rejected, scan_id); !done)
    return fail(done.error());
  if (auto done = write_rejects(rows, scan_id); !done) return fail(done.error());
  return outcome;
}

Result<void> RecordWriter::tell_refused(const Sorted& sorted, BatchOutcome& outcome) {
  if (sorted.refused.empty()) return {};
  std::map<std::string, std::string> accepted;
  if (has_tables_ && has_gaps_) {
    std::vector<std::string> ids;
    for (const auto& [row, error] : sorted.refused) ids.push_back(row->id);
    auto known = accepted_rejects(*connection_, tables_->platform(), stream_, ids);
    if (!known) return fail(std::move(known).error());
    accepted = std::move(*known);
  }
  for (const auto& [row, error] : sorted.refused) {
    const auto known = accepted.find(row->id);
    if (known != accepted.end() && known->second == row->hash) {
      ++outcome.accepted;
      continue;
    }
    const std::string id = printable(row->id);
    outcome.rejected.push_back({id + ": " + error.what.en, id + "：" + error.what.zh});
  }
  return {};
}

Result<void> RecordWriter::write_rejects(const Sorted& sorted, std::string_view scan_id) {
  std::vector<sql::Values> rows;
  for (const auto& [row, error] : sorted.refused)
    rows.push_back({tables_->platform(), stream_, row->id, row->hash, error.what.en, error.what.zh,
                    std::string(scan_id), utc_text(row->observed_at)});
  if (auto done = upsert_rows(*connection_, load_rejects_table(), rows); !done) return done;
  for (const std::string& id : sorted.mended)
    if (auto done = raw().mend(id); !done) return done;
  for (const std::string& id : sorted.no_longer)
    if (auto done = raw().mark_rejected(id); !done) return done;
  return {};
}

}  // namespace tidemark::load
