#include "relay/receive/receiver_store.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "base/civil_time.h"
#include "relay/receive/schema.h"
#include "relay/receive/statements.h"
#include "run/state_folder.h"

namespace tidemark::receive {
namespace {

constexpr std::chrono::seconds connect_timeout{5};
constexpr std::chrono::seconds read_timeout{20};

constexpr std::array<std::string_view, 3> event_columns = {"source_system", "event_id",
                                                           "received_at"};
constexpr std::array<std::string_view, 11> voucher_columns = {
    "source_system", "source_type", "source_id", "event_id",        "event_type",    "voucher_id",
    "voucher_no",    "body",        "synced_at", "event_timestamp", "source_version"};
constexpr std::array<std::string_view, 3> voucher_key = {"source_system", "source_type",
                                                         "source_id"};
constexpr std::array<std::string_view, 19> invoice_columns = {
    "invoice_id",      "invoice_no",        "amount",        "currency",
    "issue_date",      "direction",         "company_id",    "counterparty_type",
    "counterparty_id", "counterparty_name", "voucher_id",    "voucher_no",
    "source_system",   "source_type",       "source_id",     "event_type",
    "synced_at",       "event_timestamp",   "source_version"};
constexpr std::array<std::string_view, 2> invoice_key = {"invoice_id", "source_system"};

/// Few texts, so that the prepared statements are found again.
constexpr std::array<std::size_t, 4> chunk_sizes = {64, 16, 4, 1};

sql::Value value(const std::optional<std::string>& text) {
  return text ? sql::Value(*text) : sql::Value();
}
sql::Value value(const std::optional<std::int64_t>& number) {
  return number ? sql::Value(*number) : sql::Value();
}

/// Runs `sql_for(rows)` for all `rows`, several at a time. Returns the rows that were changed.
Result<std::int64_t> execute_rows(sql::Connection& connection, std::span<const sql::Values> rows,
                                  const std::function<std::string(std::size_t)>& sql_for) {
  std::int64_t changed = 0;
  while (!rows.empty()) {
    const std::size_t count =
        *std::ranges::find_if(chunk_sizes, [&](std::size_t size) { return size <= rows.size(); });
    sql::Values params;
    for (const sql::Values& row : rows.first(count))
      params.insert(params.end(), row.begin(), row.end());
    const Result<std::int64_t> done = connection.execute(sql_for(count), params);
    if (!done) return done;
    changed += *done;
    rows = rows.subspan(count);
  }
  return changed;
}

/// (source_system, event_id)
using EventKey = std::pair<std::string, std::string>;
EventKey key_of(const ReceivedEvent& event) { return {event.source_system, event.id}; }

Result<std::set<EventKey>> known_of(sql::Connection& connection, const std::set<EventKey>& wanted) {
  std::set<EventKey> known;
  const std::vector<EventKey> keys(wanted.begin(), wanted.end());
  for (std::span<const EventKey> left(keys); !left.empty();) {
    const std::size_t count =
        *std::ranges::find_if(chunk_sizes, [&](std::size_t size) { return size <= left.size(); });
    sql::Values params;
    for (const auto& [system, id] : left.first(count)) {
      params.emplace_back(system);
      params.emplace_back(id);
    }
    const auto cursor = connection.query(known_events_sql(connection.dialect(), count), params);
    if (!cursor) return fail(cursor.error());
    while (true) {
      const Result<bool> row = (*cursor)->next();
      if (!row) return fail(row.error());
      if (!*row) break;
      known.emplace((*cursor)->at(0).value_or(""), (*cursor)->at(1).value_or(""));
    }
    left = left.subspan(count);
  }
  return known;
}

sql::Values voucher_row(const ReceivedEvent& event, const std::string& now) {
  return {
      event.source_system,     event.source_type,       event.source_id, event.id, event.event_type,
      value(event.voucher_id), value(event.voucher_no), event.body,      now,      event.timestamp,
      event.source_version};
}

sql::Values invoice_row(const ReceivedEvent& event, const std::string& now) {
  const ReceivedInvoice& invoice = *event.invoice;
  return {invoice.invoice_id,
          invoice.invoice_no,
          value(invoice.amount),
          value(invoice.currency),
          value(invoice.issue_date),
          value(invoice.direction),
          value(invoice.company_id),
          value(invoice.counterparty_type),
          value(invoice.counterparty_id),
          value(invoice.counterparty_name),
          value(event.voucher_id),
          value(event.voucher_no),
          event.source_system,
          event.source_type,
          event.source_id,
          event.event_type,
          now,
          event.timestamp,
          event.source_version};
}

/// Of each key the newest event. Sorted by key, so that two receivers lock in the same order.
template <class Key>
class Newest {
 public:
  void offer(Key key, const ReceivedEvent& event) {
    const auto [place, added] = newest_.try_emplace(std::move(key), &event);
    if (!added && event.newer_than(*place->second)) place->second = &event;
  }
  template <class Row>
  std::vector<sql::Values> rows(const Row& row, const std::string& now) const {
    std::vector<sql::Values> rows;
    rows.reserve(newest_.size());
    for (const auto& [key, event] : newest_) rows.push_back(row(*event, now));
    return rows;
  }

 private:
  std::map<Key, const ReceivedEvent*> newest_;
};

}  // namespace

std::string utc_text(WallTime time) {
  return CivilTime(std::chrono::local_time<std::chrono::microseconds>(time.time_since_epoch()))
      .text(6);
}

Result<ReceiverStore> ReceiverStore::open(const sql::Url& url) {
  if (url.dialect == sql::Dialect::sqlite) {
    const std::filesystem::path folder = std::filesystem::path(url.path).parent_path();
    if (!folder.empty())
      if (Result<void> made = run::make_private_folder(folder); !made)
        return fail(std::move(made).error());
  }
  auto connection = sql::connect(
      url, {.connect_timeout = connect_timeout, .read_timeout = read_timeout, .create = true});
  if (!connection) return fail(std::move(connection));
  if (Result<void> migrated = migrate(**connection); !migrated)
    return fail(std::move(migrated).error());
  return ReceiverStore(std::move(*connection));
}

template <class Work>
Result<std::vector<Taken>> ReceiverStore::in_transaction(const Work& work) {
  if (Result<void> begun = connection_->begin(sql::Isolation::write); !begun)
    return fail(std::move(begun).error());
  Result<std::vector<Taken>> done = work();
  if (done) {
    Result<void> committed = connection_->commit();
    if (committed) return done;
    done = fail(std::move(committed).error());
  }
  connection_->rollback();
  return done;
}

Result<std::vector<Taken>> ReceiverStore::take(std::span<const Arrival> arrivals, WallTime now) {
  return in_transaction([&]() -> Result<std::vector<Taken>> {
    Result<std::vector<Taken>> taken = store(arrivals, now);
    if (!taken) return taken;
    if (Result<void> noted = note_places(arrivals, now); !noted)
      return fail(std::move(noted).error());
    return taken;
  });
}

Result<std::vector<Taken>> ReceiverStore::take_pulled(std::span<const Arrival> arrivals,
                                                      const std::string& subscription_id,
                                                      std::int64_t upto, bool end, WallTime asked,
                                                      WallTime now) {
  return in_transaction([&]() -> Result<std::vector<Taken>> {
    Result<std::vector<Taken>> taken = store(arrivals, now);
    if (!taken) return taken;
    Result<SequenceTrack> track = locked_track(subscription_id);
    if (!track) return fail(std::move(track).error());
    track->complete(upto);
    if (end) track->forget_above(upto, asked);
    if (Result<void> saved = save_track(subscription_id, *track); !saved)
      return fail(std::move(saved).error());
    return taken;
  });
}

Result<std::vector<Taken>> ReceiverStore::store(std::span<const Arrival> arrivals, WallTime now) {
  std::set<EventKey> keys;
  for (const Arrival& arrival : arrivals) keys.insert(key_of(arrival.event));
  const Result<std::set<EventKey>> known = known_of(*connection_, keys);
  if (!known) return fail(known.error());

  const std::string stamp = utc_text(now);
  std::vector<Taken> taken(arrivals.size(), Taken::repeated);
  std::set<EventKey> fresh;
  Newest<std::tuple<std::string, std::string, std::string>> vouchers;
  Newest<std::pair<std::int64_t, std::string>> invoices;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const ReceivedEvent& event = arrivals[i].event;
    if (known->contains(key_of(event)) || !fresh.insert(key_of(event)).second) continue;
    taken[i] = Taken::stored;
    vouchers.offer({event.source_system, event.source_type, event.source_id}, event);
    if (event.invoice) invoices.offer({event.invoice->invoice_id, event.source_system}, event);
  }

  const sql::Dialect dialect = connection_->dialect();
  std::vector<sql::Values> ids;
  for (const auto& [system, id] : fresh) ids.push_back({system, id, stamp});
  const auto inserted = execute_rows(*connection_, ids, [&](std::size_t rows) {
    return insert_absent_sql(dialect, "received_events", event_columns, rows);
  });
  if (!inserted) return fail(inserted.error());
  if (*inserted != static_cast<std::int64_t>(ids.size()))
    return fail(ErrorKind::timeout, {"another receiver took the same events at the same time",
                                     "另一个接收进程同时处理了相同的事件"});
  const auto kept =
      execute_rows(*connection_, vouchers.rows(voucher_row, stamp), [&](std::size_t rows) {
        return upsert_newer_sql(dialect, "received_vouchers", voucher_columns, voucher_key, rows);
      });
  if (!kept) return fail(kept.error());
  const auto cached =
      execute_rows(*connection_, invoices.rows(invoice_row, stamp), [&](std::size_t rows) {
        return upsert_newer_sql(dialect, "tax_invoice_cache", invoice_columns, invoice_key, rows);
      });
  if (!cached) return fail(cached.error());
  return taken;
}

Result<void> ReceiverStore::note_places(std::span<const Arrival> arrivals, WallTime now) {
  std::map<std::string, std::vector<std::int64_t>> places;
  for (const Arrival& arrival : arrivals)
    if (arrival.place) places[arrival.place->subscription_id].push_back(arrival.place->sequence);
  for (auto& [subscription_id, sequences] : places) {
    Result<SequenceTrack> track = locked_track(subscription_id);
    if (!track) return fail(std::move(track).error());
    std::ranges::sort(sequences);  // Fewer holes come and go.
    bool changed = false;
    for (const std::int64_t sequence : sequences) changed |= track->add(sequence, now);
    if (!changed) continue;
    if (Result<void> saved = save_track(subscription_id, *track); !saved) return saved;
  }
  return {};
}

Result<SequenceTrack> ReceiverStore::track(const std::string& subscription_id) {
  const sql::Values params = {subscription_id};
  const auto seen = sql::query_value(
      *connection_, "SELECT seen FROM received_sequences WHERE subscription_id = ?", params);
  if (!seen) return fail(seen.error());
  if (!*seen) return SequenceTrack();
  std::optional<SequenceTrack> track = SequenceTrack::parse(**seen);
  if (!track)
    return fail(
        ErrorKind::corrupt,
        {"received_sequences.seen of {} cannot be read", "无法读取 {} 的 received_sequences.seen"},
        subscription_id);
  return std::move(*track);
}

Result<SequenceTrack> ReceiverStore::locked_track(const std::string& subscription_id) {
  // SQLite has one writer: the transaction is the lock.
  if (connection_->dialect() != sql::Dialect::sqlite) {
    static constexpr std::array<std::string_view, 5> columns = {"subscription_id", "contiguous",
                                                                "highest", "missing", "seen"};
    const sql::Values empty = {subscription_id, std::int64_t{0}, std::int64_t{0}, std::int64_t{0},
                               std::string("0")};
    const sql::Values params = {subscription_id};
    const auto seen = sql::query_value(
        *connection_, "SELECT seen FROM received_sequences WHERE subscription_id = ? FOR UPDATE",
        params);
    if (!seen) return fail(seen.error());
    if (!*seen) {
      const auto made = connection_->execute(
          insert_absent_sql(connection_->dialect(), "received_sequences", columns, 1), empty);
      if (!made) return fail(made.error());
      return track(subscription_id);
    }
    std::optional<SequenceTrack> read = SequenceTrack::parse(**seen);
    if (read) return std::move(*read);
  }
  return track(subscription_id);
}

Result<void> ReceiverStore::save_track(const std::string& subscription_id,
                                       const SequenceTrack& track) {
  const std::optional<WallTime> since = track.oldest_hole();
  const sql::Values row = {track.contiguous(), track.highest(),
                           track.missing(),    since ? sql::Value(utc_text(*since)) : sql::Value(),
                           track.to_text(),    subscription_id};
  const auto updated = connection_->execute(
      "UPDATE received_sequences SET contiguous = ?, highest = ?, missing = ?, missing_since = ?, "
      "seen = ? WHERE subscription_id = ?",
      row);
  if (!updated) return fail(updated.error());
  if (*updated == 1) return {};
  const auto inserted = connection_->execute(
      "INSERT INTO received_sequences (contiguous, highest, missing, missing_since, seen, "
      "subscription_id) VALUES (?, ?, ?, ?, ?, ?)",
      row);
  if (!inserted) return fail(inserted.error());
  return {};
}

Result<std::vector<std::string>> ReceiverStore::subscriptions_with_holes() {
  const auto cursor = connection_->query(
      "SELECT subscription_id FROM received_sequences WHERE missing > 0 ORDER BY subscription_id");
  if (!cursor) return fail(cursor.error());
  std::vector<std::string> found;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return found;
    found.emplace_back((*cursor)->at(0).value_or(""));
  }
}

Result<std::optional<ReceivedEvent>> ReceiverStore::latest(std::string_view source_system,
                                                           std::string_view source_type,
                                                           std::string_view source_id) {
  const sql::Values params = {std::string(source_system), std::string(source_type),
                              std::string(source_id)};
  const auto cursor = connection_->query(
      "SELECT event_id, body FROM received_vouchers WHERE source_system = ? AND source_type = ? "
      "AND source_id = ?",
      params);
  if (!cursor) return fail(cursor.error());
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  if (!*row) return std::nullopt;
  Result<ReceivedEvent> event =
      parse_event(std::string((*cursor)->at(0).value_or("")), (*cursor)->at(1).value_or(""));
  if (!event) {
    Error error = std::move(event).error();
    error.kind = ErrorKind::corrupt;
    return fail(std::move(error).within({"received_vouchers.body", "received_vouchers.body"}));
  }
  return std::move(*event);
}

Result<std::int64_t> ReceiverStore::forget_events(WallTime before, std::int64_t limit) {
  const sql::Values params = {utc_text(before), limit};
  switch (connection_->dialect()) {
    case sql::Dialect::mysql:
      return connection_->execute("DELETE FROM received_events WHERE received_at < ? LIMIT ?",
                                  params);
    case sql::Dialect::sqlite:
    case sql::Dialect::postgres:
      return connection_->execute(
          "DELETE FROM received_events WHERE (source_system, event_id) IN (SELECT source_system, "
          "event_id FROM received_events WHERE received_at < ? ORDER BY received_at LIMIT ?)",
          params);
  }
  return 0;
}

}  // namespace tidemark::receive
