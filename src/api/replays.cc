#include "api/replays.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "relay/row.h"
#include "run/migration.h"
#include "sql/rows.h"

namespace tidemark::api {
namespace {

constexpr std::array steps = {run::Migration{
    .sqlite = "CREATE TABLE IF NOT EXISTS replays (replay_id TEXT NOT NULL PRIMARY KEY, "
              "subscription_id TEXT NOT NULL, since_at INTEGER NOT NULL, "
              "until_at INTEGER NOT NULL, event_types TEXT NOT NULL, status TEXT NOT NULL, "
              "total INTEGER NOT NULL, done INTEGER NOT NULL, last_event TEXT NOT NULL, "
              "created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT",
    .mysql = "CREATE TABLE IF NOT EXISTS replays (replay_id VARCHAR(32) NOT NULL PRIMARY KEY, "
             "subscription_id VARCHAR(32) NOT NULL, since_at BIGINT NOT NULL, "
             "until_at BIGINT NOT NULL, event_types TEXT NOT NULL, status VARCHAR(16) NOT NULL, "
             "total BIGINT NOT NULL, done BIGINT NOT NULL, last_event VARCHAR(32) NOT NULL, "
             "created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL) "
             "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    .postgres = "CREATE TABLE IF NOT EXISTS replays (replay_id TEXT COLLATE \"C\" NOT NULL "
                "PRIMARY KEY, subscription_id TEXT NOT NULL, since_at BIGINT NOT NULL, "
                "until_at BIGINT NOT NULL, event_types TEXT NOT NULL, status TEXT NOT NULL, "
                "total BIGINT NOT NULL, done BIGINT NOT NULL, last_event TEXT NOT NULL, "
                "created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
}};

constexpr std::string_view selected =
    "SELECT replay_id, subscription_id, since_at, until_at, event_types, status, total, done, "
    "last_event, created_at, updated_at FROM replays";

std::vector<std::string> split_types(const std::string& text) {
  std::vector<std::string> types;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    types.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return types;
}

ReplayStatus status_at(const sql::Cursor& row, std::size_t column) {
  const std::string text = relay::text_at(row, column);
  for (const ReplayStatus status : {ReplayStatus::done, ReplayStatus::cancelled})
    if (text == name(status)) return status;
  return ReplayStatus::running;
}

Result<std::vector<Replay>> read_all(Result<std::unique_ptr<sql::Cursor>> cursor) {
  return sql::all_rows(std::move(cursor), [](const sql::Cursor& row) {
    return Replay{.id = relay::text_at(row, 0),
                  .subscription_id = relay::text_at(row, 1),
                  .range = {.since = relay::time_at(row, 2),
                            .until = relay::time_at(row, 3),
                            .event_types = split_types(relay::text_at(row, 4))},
                  .status = status_at(row, 5),
                  .total = relay::number_at(row, 6),
                  .done = relay::number_at(row, 7),
                  .last_event = relay::text_at(row, 8),
                  .created_at = relay::time_at(row, 9),
                  .updated_at = relay::time_at(row, 10)};
  });
}

}  // namespace

std::string_view name(ReplayStatus status) {
  switch (status) {
    case ReplayStatus::running:
      return "running";
    case ReplayStatus::done:
      return "done";
    case ReplayStatus::cancelled:
      return "cancelled";
  }
  return "";
}

Result<void> migrate_replays(sql::Connection& connection) {
  return run::migrate(connection, "replays", steps);
}

Result<void> insert_replay(sql::Connection& connection, const Replay& replay) {
  return sql::write(
      connection,
      "INSERT INTO replays (replay_id, subscription_id, since_at, until_at, event_types, status, "
      "total, done, last_event, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      sql::Values{replay.id, replay.subscription_id, relay::time_value(replay.range.since),
                  relay::time_value(replay.range.until),
                  fmt::format("{}", fmt::join(replay.range.event_types, ",")),
                  std::string(name(replay.status)), replay.total, replay.done, replay.last_event,
                  relay::time_value(replay.created_at), relay::time_value(replay.updated_at)});
}

Result<std::vector<Replay>> all_replays(sql::Connection& connection, bool running,
                                        std::int64_t limit) {
  return read_all(connection.query(fmt::format("{}{} ORDER BY replay_id DESC LIMIT ?", selected,
                                               running ? " WHERE status = 'running'" : ""),
                                   sql::Values{limit}));
}

Result<std::optional<Replay>> find_replay(sql::Connection& connection, const std::string& id) {
  auto found =
      read_all(connection.query(fmt::format("{} WHERE replay_id = ?", selected), sql::Values{id}));
  if (!found) return fail(std::move(found));
  if (found->empty()) return std::optional<Replay>{};
  return std::move(found->front());
}

Result<bool> advance_replay(sql::Connection& connection, const Replay& replay,
                            const relay::ReplayStep& step, WallTime now) {
  const auto moved = connection.execute(
      "UPDATE replays SET done = done + ?, last_event = ?, status = ?, updated_at = ? WHERE "
      "replay_id = ? AND last_event = ? AND status = 'running'",
      sql::Values{std::ssize(step.event_ids), step.last_event,
                  std::string(name(step.end ? ReplayStatus::done : ReplayStatus::running)),
                  relay::time_value(now), replay.id, replay.last_event});
  if (!moved) return fail(moved.error());
  return *moved > 0;
}

Result<bool> prune_replays(sql::Connection& connection, WallTime before, std::int64_t limit) {
  const auto old = sql::all_rows(
      connection.query("SELECT replay_id FROM replays WHERE status <> 'running' AND updated_at < ? "
                       "LIMIT ?",
                       sql::Values{relay::time_value(before), limit}),
      [](const sql::Cursor& row) { return relay::text_at(row, 0); });
  if (!old) return fail(old.error());
  for (const std::string& id : *old)
    if (Result<void> gone =
            sql::write(connection, "DELETE FROM replays WHERE replay_id = ?", sql::Values{id});
        !gone)
      return fail(std::move(gone));
  return std::ssize(*old) == limit;
}

Result<bool> cancel_replay(sql::Connection& connection, const std::string& id, WallTime now) {
  const auto cancelled = connection.execute(
      "UPDATE replays SET status = 'cancelled', updated_at = ? WHERE replay_id = ? AND "
      "status = 'running'",
      sql::Values{relay::time_value(now), id});
  if (!cancelled) return fail(cancelled.error());
  return *cancelled > 0;
}

}  // namespace tidemark::api
