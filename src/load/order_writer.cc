#include "load/order_writer.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/log.h"
#include "load/row_sql.h"
#include "load/schema.h"
#include "load/stream_turn.h"

namespace tidemark::load {
namespace {

constexpr int attempts_max = 5;
constexpr std::chrono::milliseconds first_pause{200};
constexpr std::size_t id_bytes_max = 128;

/// Cured by doing the transaction again.
bool may_be_repeated(const Error& error) {
  return error.kind == ErrorKind::timeout || error.kind == ErrorKind::unreachable;
}

}  // namespace

Observed observed_row(std::string id, std::string payload, WallTime observed_at) {
  Observed row{.id = std::move(id),
               .hash = content_hash(payload),
               .payload = std::move(payload),
               .observed_at = observed_at};
  if (row.id.empty() || row.id.size() > id_bytes_max || row.id.contains('\0') ||
      row.id.front() == '#' || !is_utf8(row.id))
    row.id = '#' + row.hash;
  return row;
}

/// The rows of a batch by what has to be done with them.
struct OrderWriter::Sorted {
  std::vector<const Observed*> add;  ///< To the raw layer, with what is true of each:
  std::vector<bool> is_new;
  std::vector<bool> rejected;
  std::vector<const Observed*> again;
  std::vector<SeenOrder> orders;
  std::vector<std::pair<const Observed*, Error>> refused;
  std::vector<std::string> mended;  ///< Were rejected, can be stored now.
};

Result<OrderWriter> OrderWriter::open(ConnectWarehouse connect, OrderStream stream, bool dry_run,
                                      Pause& pause) {
  OrderWriter writer(std::move(connect), std::move(stream), dry_run, pause);
  if (Result<void> connected = writer.reconnect(); !connected) {
    // A dry run does not make the file that the run would make.
    if (!dry_run || connected.error().kind != ErrorKind::not_found)
      return fail(std::move(connected).error());
    writer.has_tables_ = false;
    return writer;
  }
  if (dry_run) {
    const Result<sql::Table> table = writer.connection_->describe(load_streams_table().name);
    if (!table && table.error().kind != ErrorKind::not_found) return fail(table.error());
    writer.has_tables_ = table.has_value();
  }
  return writer;
}

Result<void> OrderWriter::reconnect() {
  Result<std::unique_ptr<sql::Connection>> connection = connect_();
  if (!connection) return fail(std::move(connection).error());
  connection_ = std::move(*connection);
  return {};
}

Result<std::optional<Complete>> OrderWriter::complete() {
  if (!has_tables_) return std::nullopt;
  return ScanStore(*connection_, stream_.platform, stream_.stream).complete();
}

Result<BatchOutcome> OrderWriter::write(std::vector<Observed> batch, std::string_view scan_id) {
  BatchOutcome folded{.rows = batch.size()};
  // Of one record the newest; sorted, so that all writers touch keys in one order.
  std::ranges::sort(batch, [](const Observed& a, const Observed& b) {
    return a.id != b.id ? a.id < b.id : a.observed_at > b.observed_at;
  });
  const auto repeats = std::ranges::unique(batch, {}, &Observed::id);
  folded.repeats = repeats.size();
  batch.erase(repeats.begin(), repeats.end());

  std::chrono::milliseconds pause = first_pause;
  for (int attempts = 1;; ++attempts, pause *= 2) {
    Result<BatchOutcome> outcome = attempt(batch, scan_id);
    if (outcome) {
      outcome->rows = folded.rows;
      outcome->repeats = folded.repeats;
      return outcome;
    }
    if (attempts == attempts_max || !may_be_repeated(outcome.error())) return outcome;
    log_line(LogLevel::warning, "the warehouse: " + outcome.error().what.en + "; again");
    if (!pause_->wait(pause)) return outcome;
    if (outcome.error().kind == ErrorKind::unreachable)
      if (Result<void> connected = reconnect(); !connected && !may_be_repeated(connected.error()))
        return fail(std::move(connected).error());
  }
}

Result<BatchOutcome> OrderWriter::attempt(const std::vector<Observed>& batch,
                                          std::string_view scan_id) {
  if (dry_run_) return within_transaction(batch, scan_id);
  if (!connection_)
    return fail(ErrorKind::unreachable, {"not connected to the warehouse", "未连接数仓"});
  if (Result<void> begun = connection_->begin(sql::Isolation::write); !begun)
    return fail(std::move(begun).error());
  const Result<void> turn = take_turn(*connection_, stream_.platform, stream_.stream);
  Result<BatchOutcome> outcome =
      turn ? within_transaction(batch, scan_id) : Result<BatchOutcome>(fail(turn.error()));
  if (outcome) {
    Result<void> committed = connection_->commit();
    if (committed) return outcome;
    outcome = fail(std::move(committed).error());
  }
  connection_->rollback();
  return outcome;
}

OrderWriter::Sorted OrderWriter::sorted(const std::vector<Observed>& batch,
                                        const std::map<std::string, Seen>& seen,
                                        BatchOutcome& outcome) const {
  Sorted sorted;
  std::vector<UnknownCode> unknown;
  for (const Observed& row : batch) {
    const auto known = seen.find(row.id);
    const bool is_new = known == seen.end();
    const bool same = !is_new && known->second.hash == row.hash;
    if (!is_new && !same && row.observed_at <= known->second.observed_at) {
      ++outcome.older;
      continue;
    }
    const bool was_rejected = !is_new && known->second.rejected;
    if (same) {
      sorted.again.push_back(&row);
      if (!was_rejected) {
        ++outcome.unchanged;
        continue;
      }
    }
    Result<Order> order = stream_.transform->transform(row.payload, unknown);
    if (!same) {
      sorted.add.push_back(&row);
      sorted.is_new.push_back(is_new);
      sorted.rejected.push_back(!order.has_value());
    }
    if (!order) {
      outcome.rejected.push_back(printable(row.id) + ": " + order.error().what.en);
      sorted.refused.emplace_back(&row, std::move(order).error());
      continue;
    }
    if (was_rejected) sorted.mended.push_back(row.id);
    sorted.orders.push_back({.order = std::move(*order), .observed_at = row.observed_at});
  }
  outcome.unknown_codes.insert(unknown.begin(), unknown.end());
  return sorted;
}

Result<BatchOutcome> OrderWriter::within_transaction(const std::vector<Observed>& batch,
                                                     std::string_view scan_id) {
  BatchOutcome outcome;
  std::map<std::string, Seen> seen;
  std::vector<std::string> ids;
  for (const Observed& row : batch) ids.push_back(row.id);
  std::optional<RawLayer> layer;
  if (has_tables_) {
    layer.emplace(*connection_, stream_.platform, stream_.stream);
    auto known = layer->seen(ids);
    if (!known) return fail(std::move(known).error());
    seen = std::move(*known);
  }
  const Sorted rows = sorted(batch, seen, outcome);
  if (!has_tables_) {
    outcome.inserted = rows.orders.size();
    return outcome;
  }
  Result<OrderChanges> changes =
      OrderTables(*connection_, stream_.platform, stream_.utc_offset)
          .apply(rows.orders, dry_run_ ? OrderWriting::nothing : OrderWriting::with_history);
  if (!changes) return fail(std::move(changes).error());
  outcome.inserted = changes->inserted;
  outcome.unchanged += changes->unchanged;
  outcome.changed = std::move(changes->changed);
  if (dry_run_) return outcome;
  RawLayer& raw = *layer;
  if (auto done = raw.add(rows.add, rows.is_new, rows.rejected, scan_id); !done)
    return fail(done.error());
  if (auto done = raw.seen_again(rows.again, scan_id); !done) return fail(done.error());
  if (auto done = write_rejects(rows, scan_id); !done) return fail(done.error());
  return outcome;
}

Result<void> OrderWriter::write_rejects(const Sorted& sorted, std::string_view scan_id) {
  std::vector<sql::Values> rows;
  for (const auto& [row, error] : sorted.refused)
    rows.push_back({stream_.platform, stream_.stream, row->id, row->hash, error.what.en,
                    error.what.zh, std::string(scan_id), utc_text(row->observed_at)});
  if (auto done = upsert_rows(*connection_, load_rejects_table(), rows); !done) return done;
  RawLayer raw(*connection_, stream_.platform, stream_.stream);
  for (const std::string& id : sorted.mended)
    if (auto done = raw.mend(id); !done) return done;
  return {};
}

}  // namespace tidemark::load
