#include "relay/receive/receiver_store.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>

#include "base/utc_text.h"
#include "relay/receive/event_rows.h"
#include "relay/receive/schema.h"
#include "relay/receive/sequence_table.h"
#include "run/state_folder.h"

namespace tidemark::receive {
namespace {

constexpr std::chrono::seconds connect_timeout{5};
constexpr std::chrono::seconds read_timeout{20};

EventKey key_of(const ReceivedEvent& event) { return {event.source_system, event.id}; }

}  // namespace

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
    SequenceTable table(*connection_);
    Result<SequenceTrack> track = table.lock(subscription_id);
    if (!track) return fail(std::move(track).error());
    track->complete(upto);
    if (end) track->forget_above(upto, asked);
    if (Result<void> saved = table.write(subscription_id, *track); !saved)
      return fail(std::move(saved).error());
    return taken;
  });
}

Result<std::vector<Taken>> ReceiverStore::store(std::span<const Arrival> arrivals, WallTime now) {
  std::set<EventKey> fresh;
  for (const Arrival& arrival : arrivals) fresh.insert(key_of(arrival.event));
  const std::vector<EventKey> all(fresh.begin(), fresh.end());
  const Result<std::vector<EventKey>> known = known_events(*connection_, all);
  if (!known) return fail(known.error());
  for (const EventKey& key : *known) fresh.erase(key);
  const std::vector<EventKey> added(fresh.begin(), fresh.end());

  std::vector<Taken> taken(arrivals.size(), Taken::repeated);
  std::vector<const ReceivedEvent*> news;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    if (fresh.erase(key_of(arrivals[i].event)) == 0) continue;
    taken[i] = Taken::stored;
    news.push_back(&arrivals[i].event);
  }
  const std::string stamp = utc_text(now);
  const Result<std::int64_t> inserted = insert_event_ids(*connection_, added, stamp);
  if (!inserted) return fail(inserted.error());
  if (*inserted != static_cast<std::int64_t>(added.size()))
    return fail(ErrorKind::timeout, {"another receiver took the same events at the same time",
                                     "另一个接收进程同时处理了相同的事件"});
  if (Result<void> written = write_newer(*connection_, news, stamp); !written)
    return fail(std::move(written).error());
  return taken;
}

Result<void> ReceiverStore::note_places(std::span<const Arrival> arrivals, WallTime now) {
  std::map<std::string, std::vector<std::int64_t>> places;
  for (const Arrival& arrival : arrivals)
    if (arrival.place) places[arrival.place->subscription_id].push_back(arrival.place->sequence);
  SequenceTable table(*connection_);
  for (auto& [subscription_id, sequences] : places) {
    Result<SequenceTrack> track = table.lock(subscription_id);
    if (!track) return fail(std::move(track).error());
    std::ranges::sort(sequences);  // Fewer holes come and go.
    bool changed = false;
    for (const std::int64_t sequence : sequences) changed |= track->add(sequence, now);
    if (!changed) continue;
    if (Result<void> saved = table.write(subscription_id, *track); !saved) return saved;
  }
  return {};
}

Result<SequenceTrack> ReceiverStore::track(const std::string& subscription_id) {
  return SequenceTable(*connection_).read(subscription_id);
}

Result<std::vector<std::string>> ReceiverStore::subscriptions_with_holes() {
  return SequenceTable(*connection_).with_holes();
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

Result<std::optional<CachedInvoice>> ReceiverStore::cached_invoice(std::string_view source_system,
                                                                   std::int64_t invoice_id) {
  const sql::Values params = {invoice_id, std::string(source_system)};
  const auto cursor = connection_->query(
      "SELECT invoice_no, amount, source_version, source_type, source_id, event_timestamp FROM "
      "tax_invoice_cache WHERE invoice_id = ? AND source_system = ?",
      params);
  if (!cursor) return fail(cursor.error());
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  if (!*row) return std::nullopt;
  CachedInvoice cached{.invoice_no = std::string((*cursor)->at(0).value_or("")),
                       .amount = std::nullopt,
                       .source_type = std::string((*cursor)->at(3).value_or("")),
                       .source_id = std::string((*cursor)->at(4).value_or("")),
                       .event_timestamp = std::string((*cursor)->at(5).value_or(""))};
  if (const auto amount = (*cursor)->at(1)) cached.amount = std::string(*amount);
  const std::string_view version = (*cursor)->at(2).value_or("0");
  std::from_chars(version.data(), version.data() + version.size(), cached.source_version);
  return cached;
}

Result<void> ReceiverStore::restore(std::span<const ReceivedEvent> events, WallTime now) {
  const Result<std::vector<Taken>> done = in_transaction([&]() -> Result<std::vector<Taken>> {
    std::vector<const ReceivedEvent*> all;
    for (const ReceivedEvent& event : events) {
      if (Result<void> removed = remove_not_newer(event); !removed)
        return fail(std::move(removed).error());
      all.push_back(&event);
    }
    if (Result<void> written = write_newer(*connection_, all, utc_text(now)); !written)
      return fail(std::move(written).error());
    return std::vector<Taken>();
  });
  if (!done) return fail(done.error());
  return {};
}

Result<void> ReceiverStore::remove_not_newer(const ReceivedEvent& event) {
  const sql::Values record = {event.source_system, event.source_type, event.source_id,
                              event.source_version};
  const auto voucher = connection_->execute(
      "DELETE FROM received_vouchers WHERE source_system = ? AND source_type = ? AND source_id = ? "
      "AND source_version <= ?",
      record);
  if (!voucher) return fail(voucher.error());
  if (!event.invoice) return {};
  const sql::Values invoice = {event.invoice->invoice_id, event.source_system, event.source_type,
                               event.source_id, event.source_version};
  // That of another record is replaced by what is later, as always.
  const auto cached = connection_->execute(
      "DELETE FROM tax_invoice_cache WHERE invoice_id = ? AND source_system = ? AND source_type = "
      "? AND source_id = ? AND source_version <= ?",
      invoice);
  if (!cached) return fail(cached.error());
  return {};
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
