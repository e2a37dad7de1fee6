#include "sql/sqlite/sqlite_handle.h"

#include <algorithm>
#include <cerrno>

#include "sql/statement.h"

namespace tidemark::sql {
namespace {

ErrorKind kind_of(sqlite3* database, int code) {
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      return ErrorKind::cancelled;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::timeout;  // The busy timeout has passed.
    case SQLITE_FULL:
      return ErrorKind::no_space;
    case SQLITE_IOERR:
      switch (sqlite3_system_errno(database)) {
        case ENOSPC:
        case EDQUOT:
          return ErrorKind::no_space;
        default:
          return ErrorKind::io;
      }
    case SQLITE_CANTOPEN:
      switch (sqlite3_system_errno(database)) {
        case ENOENT:
          return ErrorKind::not_found;
        case EACCES:
        case EPERM:
        case EROFS:
          return ErrorKind::unauthorized;
        default:
          return ErrorKind::io;
      }
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorKind::unauthorized;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::corrupt;
    default:
      return ErrorKind::query;
  }
}

int bind_one(sqlite3_stmt* statement, int index, const Value& value,
             sqlite3_destructor_type lifetime) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *integer);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), lifetime, SQLITE_UTF8);
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    return sqlite3_bind_blob64(statement, index, blob->bytes.data(), blob->bytes.size(), lifetime);
  }
  return sqlite3_bind_null(statement, index);
}

}  // namespace

Error sqlite_error(sqlite3* database, int code, std::string_view doing) {
  const int system = sqlite3_system_errno(database);
  std::string reason = sqlite3_errmsg(database);
  if (system != 0 && ((code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_IOERR)) {
    reason += fmt::format(" ({})", std::strerror(system));
  }
  return make_error(kind_of(database, code), {"SQLite: {}: {}", "SQLite：{}：{}"}, reason,
                    excerpt(doing));
}

Result<SqliteStatement> prepare_sqlite(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  if (sql.size() > static_cast<std::size_t>(sqlite3_limit(database, SQLITE_LIMIT_SQL_LENGTH, -1))) {
    return fail(ErrorKind::query, {"SQLite: the statement is too long: {}", "SQLite：语句太长：{}"},
                excerpt(sql));
  }
  int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &raw, &tail);
  SqliteStatement statement(raw);
  if (code != SQLITE_OK) return fail(sqlite_error(database, code, sql));
  if (!statement) {
    return fail(ErrorKind::query, {"SQLite: there is no statement in: {}", "SQLite：没有语句：{}"},
                excerpt(sql));
  }
  const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  if (!rest.empty()) {
    sqlite3_stmt* second = nullptr;
    code = sqlite3_prepare_v3(database, rest.data(), static_cast<int>(rest.size()), 0, &second,
                              nullptr);
    const SqliteStatement owned(second);
    if (code != SQLITE_OK || owned) {
      return fail(ErrorKind::query,
                  {"SQLite: more than one statement in: {}", "SQLite：一次只能执行一条语句：{}"},
                  excerpt(sql));
    }
  }
  return statement;
}

Result<void> bind_sqlite(sqlite3* database, sqlite3_stmt* statement, std::span<const Value> params,
                         bool copied) {
  const char* sql = sqlite3_sql(statement);
  const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement));
  if (wanted != params.size()) return fail(wrong_parameter_count(sql, wanted, params.size()));
  for (std::size_t i = 0; i < params.size(); ++i) {
    const int code = bind_one(statement, static_cast<int>(i) + 1, params[i],
                              copied ? SQLITE_TRANSIENT : SQLITE_STATIC);
    if (code != SQLITE_OK) return fail(sqlite_error(database, code, sql));
  }
  return {};
}

Result<SqliteStatement> SqliteStatements::take(std::string_view sql) {
  for (Entry& entry : entries_)
    if (entry.statement && entry.sql == sql) return std::move(entry.statement);
  return prepare_sqlite(database_, sql);
}

void SqliteStatements::give_back(std::string_view sql, SqliteStatement statement) {
  sqlite3_reset(statement.get());
  sqlite3_clear_bindings(statement.get());
  Entry& entry = place_for(sql);
  if (entry.sql != sql) entry.sql = sql;
  entry.statement = std::move(statement);
  entry.used = ++uses_;
}

SqliteStatements::Entry& SqliteStatements::place_for(std::string_view sql) {
  for (Entry& entry : entries_)
    if (!entry.statement && entry.sql == sql) return entry;
  if (entries_.size() < capacity_) return entries_.emplace_back();
  return *std::ranges::min_element(entries_, {}, &Entry::used);
}

}  // namespace tidemark::sql
