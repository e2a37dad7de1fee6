#include "relay/stream/refusals.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "relay/row.h"
#include "run/migration.h"

namespace tidemark::relay {
namespace {

constexpr std::size_t kept_bytes_max = std::size_t{1} << 20;

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

std::string text_of(const std::string& bytes) {
  if (bytes.size() <= kept_bytes_max && is_utf8(bytes) && !bytes.contains('\0')) return bytes;
  return printable(bytes, kept_bytes_max);
}

/// `{"voucher":"…"}`; a name that comes twice is kept twice, as a list of pairs would not show.
std::string fields_text(const redis::StreamEntry& entry) {
  std::string text;
  for (const auto& [name, value] : entry.fields) {
    text += text.empty() ? "{" : ",";
    text += nlohmann::json(text_of(name)).dump() + ":" + nlohmann::json(text_of(value)).dump();
  }
  return text.empty() ? "{}" : text + "}";
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
    const auto kept =
        connection.execute(sql, sql::Values{stream, refusal.entry.id, text_of(refusal.reason),
                                            fields_text(refusal.entry), time_value(now)});
    if (!kept) return fail(kept.error());
  }
  return {};
}

}  // namespace tidemark::relay
