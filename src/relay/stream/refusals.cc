#include "relay/stream/refusals.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "relay/row.h"
#include "run/migration.h"
#include "sql/rows.h"

namespace tidemark::relay {
namespace {

/// A row takes about as much at most, whatever the entry holds.
constexpr std::size_t kept_bytes_max = std::size_t{1} << 20;
constexpr std::size_t reason_bytes_max = 2'000;
/// Of an entry that is longer: so many of its fields, and so much of their names. JSON may write
/// two bytes for one.
constexpr std::size_t fields_max = 256;
constexpr std::size_t name_bytes_max = 256;
constexpr std::size_t written_for_one = 2;

constexpr std::array steps = {run::Migration{
    .sqlite = "CREATE TABLE IF NOT EXISTS stream_refusals (stream TEXT NOT NULL, "
              "entry_id TEXT NOT NULL, reason TEXT NOT NULL, fields TEXT NOT NULL, "
              "refused_at INTEGER NOT NULL, PRIMARY KEY (stream, entry_id)) STRICT",
    .mysql = "CREATE TABLE IF NOT EXISTS stream_refusals (stream VARCHAR(191) NOT NULL, "
             "entry_id VARCHAR(64) NOT NULL, reason TEXT NOT NULL, fields LONGTEXT NOT NULL, "
             "refused_at BIGINT NOT NULL, PRIMARY KEY (stream, entry_id)) "
             "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    .postgres = "CREATE TABLE IF NOT EXISTS stream_refusals (stream TEXT COLLATE \"C\" NOT NULL, "
                "entry_id TEXT COLLATE \"C\" NOT NULL, reason TEXT NOT NULL, fields TEXT NOT NULL, "
                "refused_at BIGINT NOT NULL, PRIMARY KEY (stream, entry_id))",
}};

/// Cut, it ends with `…`: nobody takes it for what the entry held.
std::string text_of(const std::string& bytes, std::size_t bytes_max) {
  if (bytes.size() <= bytes_max && is_utf8(bytes) && !bytes.contains('\0')) return bytes;
  return printable(bytes, bytes_max);
}

/// The same as JSON, which takes six bytes for a control character.
std::string json_of(const std::string& bytes, std::size_t bytes_max) {
  std::string json = nlohmann::json(text_of(bytes, bytes_max)).dump();
  if (json.size() <= written_for_one * bytes_max + 2) return json;
  return nlohmann::json(printable(bytes, bytes_max)).dump();
}

struct FieldLimits {
  std::size_t fields = kept_bytes_max;
  std::size_t name_bytes = kept_bytes_max;
  std::size_t value_bytes = kept_bytes_max;
};

/// `{"voucher":"…"}`; a name that comes twice is kept twice, as a list of pairs would not show.
std::string fields_text(const redis::StreamEntry& entry, const FieldLimits& limits) {
  std::string text;
  std::size_t count = 0;
  for (const auto& [name, value] : entry.fields) {
    text += text.empty() ? "{" : ",";
    if (count++ == limits.fields) {
      text += R"("…":"…")";
      break;
    }
    text += json_of(name, limits.name_bytes) + ":" + json_of(value, limits.value_bytes);
  }
  return text.empty() ? "{}" : text + "}";
}

std::size_t bytes_of(const redis::StreamEntry& entry) {
  std::size_t sum = 0;
  for (const auto& [name, value] : entry.fields) sum += name.size() + value.size();
  return sum;
}

/// At most about kept_bytes_max.
std::string kept_fields(const redis::StreamEntry& entry) {
  if (bytes_of(entry) <= kept_bytes_max) {
    std::string whole = fields_text(entry, {});
    if (whole.size() <= kept_bytes_max) return whole;
  }
  const std::size_t fields = std::clamp<std::size_t>(entry.fields.size(), 1, fields_max);
  return fields_text(entry,
                     {.fields = fields_max,
                      .name_bytes = name_bytes_max,
                      .value_bytes = (kept_bytes_max / fields / written_for_one) - name_bytes_max});
}

std::string names_of_fields(const redis::StreamEntry& entry) {
  // Of a value only that it was there: `…`.
  constexpr std::size_t value_bytes = std::string_view("…").size();
  return fields_text(
      entry, {.fields = fields_max, .name_bytes = name_bytes_max, .value_bytes = value_bytes});
}

}  // namespace

Result<void> migrate_refusals(sql::Connection& connection) {
  return run::migrate(connection, "stream_refusals", steps);
}

Result<void> keep_refusals(sql::Connection& connection, const std::string& stream,
                           std::span<const Refusal> refusals, WallTime now) {
  const bool mysql = connection.dialect() == sql::Dialect::mysql;
  const std::string sql = std::string(mysql ? "INSERT IGNORE" : "INSERT") +
                          " INTO stream_refusals (stream, entry_id, reason, fields, refused_at) "
                          "VALUES (?, ?, ?, ?, ?)" +
                          (mysql ? "" : " ON CONFLICT DO NOTHING");
  for (const Refusal& refusal : refusals) {
    const auto keep = [&](std::string fields) {
      return sql::write(connection, sql,
                        values(stream, refusal.entry.id, text_of(refusal.reason, reason_bytes_max),
                               std::move(fields), time_value(now)));
    };
    Result<void> kept = keep(kept_fields(refusal.entry));
    if (!kept && sql::is_too_long(kept.error())) kept = keep(names_of_fields(refusal.entry));
    if (!kept) return kept;
  }
  return {};
}

Result<bool> prune_refusals(sql::Connection& connection, WallTime before, std::int64_t limit) {
  const auto old = sql::all_rows(
      connection.query("SELECT stream, entry_id FROM stream_refusals WHERE refused_at < ? LIMIT ?",
                       values(time_value(before), limit)),
      [](const sql::Cursor& row) { return values(text_at(row, 0), text_at(row, 1)); });
  if (!old) return fail(old.error());
  for (const sql::Values& key : *old)
    if (Result<void> gone = sql::write(
            connection, "DELETE FROM stream_refusals WHERE stream = ? AND entry_id = ?", key);
        !gone)
      return fail(std::move(gone));
  return std::ssize(*old) == limit;
}

}  // namespace tidemark::relay
