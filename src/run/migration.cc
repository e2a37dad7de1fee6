#include "run/migration.h"

#include <charconv>
#include <string>

#include "base/check.h"

namespace tidemark::run {
namespace {

// One text for all three.
constexpr std::string_view version_table =
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "room VARCHAR(64) NOT NULL PRIMARY KEY, version INTEGER NOT NULL)";

/// One migration at a time in a database: SQLite has one writer anyway; the others have locks by
/// name (MySQL) and number (PostgreSQL; chosen by chance, the same in every version).
Result<void> take_turn(sql::Connection& connection) {
  if (Result<void> begun = connection.begin(sql::Isolation::write); !begun) return begun;
  std::string_view lock;
  if (connection.dialect() == sql::Dialect::mysql)
    lock = "SELECT GET_LOCK('tidemark.schema_version', 10)";
  if (connection.dialect() == sql::Dialect::postgres)
    lock = "SELECT 1 FROM (SELECT pg_advisory_xact_lock(7017386251043627)) AS turn";
  if (lock.empty()) return {};
  const auto taken = sql::query_value(connection, lock);
  if (!taken) return std::unexpected(taken.error());
  if (*taken != "1")
    return fail(ErrorKind::timeout, {"another process is changing the state database's tables",
                                     "另一个进程正在修改状态库的表结构"});
  return {};
}

void end_turn(sql::Connection& connection) {
  connection.rollback();  // Nothing is left to roll back after a commit.
  if (connection.dialect() != sql::Dialect::mysql) return;
  // If this fails the connection is broken, which gives the lock back as well.
  [[maybe_unused]] const auto released =
      sql::query_value(connection, "SELECT RELEASE_LOCK('tidemark.schema_version')");
}

std::string_view text_for(const Migration& step, sql::Dialect dialect) {
  switch (dialect) {
    case sql::Dialect::sqlite:
      return step.sqlite;
    case sql::Dialect::mysql:
      return step.mysql;
    case sql::Dialect::postgres:
      return step.postgres;
  }
  return step.sqlite;
}

/// 0: the room is not listed.
Result<std::size_t> version_of(sql::Connection& connection, const sql::Values& room) {
  const auto text =
      sql::query_value(connection, "SELECT version FROM schema_version WHERE room = ?", room);
  if (!text) return std::unexpected(text.error());
  std::size_t version = 0;
  if (*text) std::from_chars((*text)->data(), (*text)->data() + (*text)->size(), version);
  return version;
}

Result<void> run_steps(sql::Connection& connection, std::string_view room,
                       std::span<const Migration> steps) {
  if (const auto made = connection.execute(version_table); !made) return fail(made.error());
  const sql::Values named = {std::string(room)};
  const Result<std::size_t> version = version_of(connection, named);
  if (!version) return fail(version.error());
  if (*version > steps.size())
    return fail(make_error(ErrorKind::unsupported,
                           {"the state database has version {} of the tables for '{}'; this "
                            "Tidemark knows up to {}",
                            "状态库中“{1}”的表结构版本为 {0}，本程序最高支持 {2}"},
                           *version, room, steps.size())
                    .with_hint({"use the newer Tidemark, or another state database (state)",
                                "请使用更新版本的 Tidemark，或改用其他状态库（state）"}));
  for (const Migration& step : steps.subspan(*version))
    if (const auto done = connection.execute(text_for(step, connection.dialect())); !done)
      return fail(done.error());
  if (*version == steps.size()) return {};
  const sql::Values row = {static_cast<std::int64_t>(steps.size()), std::string(room)};
  const std::string_view store = *version == 0
                                     ? "INSERT INTO schema_version (version, room) VALUES (?, ?)"
                                     : "UPDATE schema_version SET version = ? WHERE room = ?";
  if (const auto stored = connection.execute(store, row); !stored) return fail(stored.error());
  return connection.commit();
}

}  // namespace

Result<void> migrate(sql::Connection& connection, std::string_view room,
                     std::span<const Migration> steps) {
  Result<void> done = take_turn(connection);
  if (done) done = run_steps(connection, room, steps);
  end_turn(connection);
  return done;
}

Result<void> lock_room(sql::Connection& connection, std::string_view room) {
  // SQLite has one writer anyway.
  const std::string_view sql = connection.dialect() == sql::Dialect::sqlite
                                   ? "SELECT version FROM schema_version WHERE room = ?"
                                   : "SELECT version FROM schema_version WHERE room = ? FOR UPDATE";
  const auto locked = sql::query_value(connection, sql, sql::Values{std::string(room)});
  if (!locked) return std::unexpected(locked.error());
  check(locked->has_value(), "a room that is migrated is listed");
  return {};
}

}  // namespace tidemark::run
