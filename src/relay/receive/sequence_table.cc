#include "relay/receive/sequence_table.h"

#include <array>

#include "base/utc_text.h"
#include "relay/receive/statements.h"
#include "sql/rows.h"

namespace tidemark::receive {
namespace {

constexpr std::string_view select = "SELECT seen FROM received_sequences WHERE subscription_id = ?";
constexpr std::string_view select_locked =
    "SELECT seen FROM received_sequences WHERE subscription_id = ? FOR UPDATE";

}  // namespace

Result<std::optional<SequenceTrack>> SequenceTable::find(std::string_view sql,
                                                         const std::string& subscription_id) {
  const sql::Values params = {subscription_id};
  const auto seen = sql::query_value(connection_, sql, params);
  if (!seen) return fail(seen.error());
  if (!*seen) return std::nullopt;
  std::optional<SequenceTrack> track = SequenceTrack::parse(**seen);
  if (!track)
    return fail(
        ErrorKind::corrupt,
        {"received_sequences.seen of {} cannot be read", "无法读取 {} 的 received_sequences.seen"},
        subscription_id);
  return track;
}

Result<SequenceTrack> SequenceTable::read(const std::string& subscription_id) {
  auto track = find(select, subscription_id);
  if (!track) return fail(std::move(track).error());
  return track->value_or(SequenceTrack());
}

Result<SequenceTrack> SequenceTable::lock(const std::string& subscription_id) {
  const sql::Dialect dialect = connection_.dialect();
  // SQLite has one writer: the transaction is the lock.
  if (dialect == sql::Dialect::sqlite) return read(subscription_id);
  auto track = find(select_locked, subscription_id);
  if (!track) return fail(std::move(track).error());
  if (*track) return std::move(**track);
  static constexpr std::array<std::string_view, 5> columns = {"subscription_id", "contiguous",
                                                              "highest", "missing", "seen"};
  const sql::Values empty = {subscription_id, std::int64_t{0}, std::int64_t{0}, std::int64_t{0},
                             std::string("0")};
  const auto made =
      connection_.execute(insert_absent_sql(dialect, "received_sequences", columns, 1), empty);
  if (!made) return fail(made.error());
  track = find(select_locked, subscription_id);
  if (!track) return fail(std::move(track).error());
  return track->value_or(SequenceTrack());
}

Result<void> SequenceTable::write(const std::string& subscription_id, const SequenceTrack& track) {
  const std::optional<WallTime> since = track.oldest_hole();
  const sql::Values row = {track.contiguous(), track.highest(),
                           track.missing(),    since ? sql::Value(utc_text(*since)) : sql::Value(),
                           track.to_text(),    subscription_id};
  const auto updated = connection_.execute(
      "UPDATE received_sequences SET contiguous = ?, highest = ?, missing = ?, missing_since = ?, "
      "seen = ? WHERE subscription_id = ?",
      row);
  if (!updated) return fail(updated.error());
  if (*updated == 1) return {};
  return sql::write(
      connection_,
      "INSERT INTO received_sequences (contiguous, highest, missing, missing_since, seen, "
      "subscription_id) VALUES (?, ?, ?, ?, ?, ?)",
      row);
}

Result<std::vector<std::string>> SequenceTable::with_holes() {
  return sql::all_rows(
      connection_.query("SELECT subscription_id FROM received_sequences WHERE missing > 0 ORDER BY "
                        "subscription_id"),
      [](const sql::Cursor& row) { return std::string(row.at(0).value_or("")); });
}

}  // namespace tidemark::receive
