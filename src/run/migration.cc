#include "run/migration.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/check.h"

namespace tidemark::run {
namespace {

// One text for all three.
constexpr std::string_view version_table =
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "room VARCHAR(64) NOT NULL PRIMARY KEY, version INTEGER NOT NULL)";

Message words(MigratedDatabase whose) {
  if (whose == MigratedDatabase::warehouse) return {"warehouse", "数仓"};
  return {"state database", "状态库"};
}

/// One migration at a time in a database: SQLite has one writer anyway; the others have locks by
/// name (MySQL) and number (PostgreSQL; chosen by chance, the same in every version).
Result<void> take_turn(sql::Connection& connection, MigratedDatabase whose) {
  if (Result<void> begun = connection.begin(sql::Isolation::write); !begun) return begun;
  std::string_view lock;
  if (connection.dialect() == sql::Dialect::mysql)
    lock = "SELECT GET_LOCK('tidemark.schema_version', 10)";
  if (connection.dialect() == sql::Dialect::postgres)
    lock = "SELECT 1 FROM (SELECT pg_advisory_xact_lock(7017386251043627)) AS turn";
  if (lock.empty()) return {};
  const auto taken = sql::query_value(connection, lock);
  if (!taken) return std::unexpected(taken.error());
  if (*taken == "1") return {};
  const Message database = words(whose);
  return fail(ErrorKind::timeout,
              {"another process is changing the tables of the {0}; try again later",
               "另一个进程正在修改{1}的表结构，请稍后重试"},
              database.en, database.zh);
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

std::string_view text_for(const LaterColumn& column, sql::Dialect dialect) {
  return text_for(Migration{column.sqlite, column.mysql, column.postgres}, dialect);
}

/// MySQL may have been interrupted between a change and its note in schema_version, and has no ADD
/// COLUMN IF NOT EXISTS.
Result<void> add_columns(sql::Connection& connection, const Migration& step) {
  const Result<sql::Table> table = connection.describe(step.table);
  if (!table) return fail(table.error());
  std::vector<std::string> statements;
  for (const LaterColumn& column : step.columns) {
    if (std::ranges::find(table->columns, column.name, &sql::Column::name) != table->columns.end())
      continue;
    const std::string added = " ADD COLUMN " + std::string(text_for(column, connection.dialect()));
    if (statements.empty() || connection.dialect() == sql::Dialect::sqlite)
      statements.push_back("ALTER TABLE " + std::string(step.table) + added);
    else
      statements.back() += "," + added;
  }
  for (const std::string& statement : statements)
    if (const auto done = connection.execute(statement); !done) return fail(done.error());
  return {};
}

Result<void> run_step(sql::Connection& connection, const Migration& step) {
  if (!step.table.empty()) return add_columns(connection, step);
  const auto done = connection.execute(text_for(step, connection.dialect()));
  return done ? Result<void>{} : fail(done.error());
}

Result<void> run_steps(sql::Connection& connection, std::string_view room,
                       std::span<const Migration> steps, MigratedDatabase whose) {
  if (const auto made = connection.execute(version_table); !made) return fail(made.error());
  const sql::Values named = {std::string(room)};
  const Result<std::size_t> version = version_of(connection, named);
  if (!version) return fail(version.error());
  if (*version > steps.size()) {
    const Message database = words(whose);
    const std::string_view setting = whose == MigratedDatabase::warehouse ? "--warehouse" : "state";
    return fail(make_error(ErrorKind::unsupported,
                           {"the {3} has version {0} of the tables for '{1}'; this Tidemark knows "
                            "up to {2}",
                            "{4}中“{1}”的表结构版本为 {0}，本程序最高支持 {2}"},
                           *version, room, steps.size(), database.en, database.zh)
                    .with_hint({"use the newer Tidemark, or another {0} ({2})",
                                "请使用更新版本的 Tidemark，或改用其他{1}（{2}）"},
                               database.en, database.zh, setting));
  }
  for (const Migration& step : steps.subspan(*version))
    if (Result<void> done = run_step(connection, step); !done) return done;
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
                     std::span<const Migration> steps, MigratedDatabase whose) {
  Result<void> done = take_turn(connection, whose);
  if (done) done = run_steps(connection, room, steps, whose);
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
