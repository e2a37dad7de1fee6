#include "sql/sqlite/sqlite_connection.h"

#include <filesystem>

#include "base/check.h"
#include "sql/identifier.h"
#include "sql/sqlite/sqlite_clock.h"
#include "sql/sqlite/sqlite_cursor.h"
#include "sql/sqlite/sqlite_schema.h"

namespace tidemark::sql {
namespace {

constexpr int busy_timeout_ms = 10'000;

/// Debian's SQLite reads a path that starts with `file:` as a URI of its own.
std::string plain_path(const std::string& path) {
  return path.starts_with("file:") ? "./" + path : path;
}

/// A file that is not there is mostly a name that is looked up from another folder.
Error with_place(Error error, const std::string& path) {
  if (error.kind != ErrorKind::not_found) return error;
  if (path.starts_with('/')) {
    return std::move(error).with_hint(
        {"there is no such file: is the name right?", "没有这个文件：请检查文件名"});
  }
  std::error_code code;
  const std::string here = std::filesystem::current_path(code).string();
  return std::move(error).with_hint(
      {"there is no such file: is the name right? A relative one starts at the working "
       "directory, {}",
       "没有这个文件：请检查文件名；相对路径从当前工作目录 {} 算起"},
      here);
}

/// Whoever reads a database in WAL mode writes into the files beside it. Where their folder cannot
/// be written, SQLite reports that they are missing, though the database itself is open by then.
Error with_wal_advice(Error error, const ConnectOptions& options) {
  if (error.kind == ErrorKind::not_found)
    error = Error{.kind = ErrorKind::unauthorized, .what = std::move(error.what)}.within(
        {"its folder cannot be written, and the files beside it are missing",
         "其所在目录不可写，旁边的 WAL 文件也不存在"});
  if (error.kind != ErrorKind::unauthorized) return error;
  if (!options.read_only)
    return std::move(error).with_hint(
        {"give this user write permission for the file and its folder, on a file system that is "
         "not mounted read-only",
         "请授予当前用户对该文件及其所在目录的写权限，且文件系统不能以只读方式挂载"});
  return std::move(error).with_hint(
      {"the file is in WAL mode, whose readers need write permission for it and its folder: "
       "grant that, or let its owner run: PRAGMA journal_mode=DELETE",
       "该文件处于 WAL 模式，读取者也需要文件及其所在目录的写权限：请授予权限，或由其所有者执行 "
       "PRAGMA journal_mode=DELETE"});
}

/// SQLite counts its memory under a lock of the whole process, at every allocation; nobody asks.
/// This may be said only before its first use, while there is one thread: before main().
[[maybe_unused]] const int memory_is_not_counted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

}  // namespace

Result<std::unique_ptr<Connection>> SqliteConnection::open(const std::string& path,
                                                           const ConnectOptions& options) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.create && !options.read_only) flags |= SQLITE_OPEN_CREATE;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(plain_path(path).c_str(), &raw, flags, nullptr);
  SqliteHandle database(raw);
  check(database != nullptr, "SQLite has memory for a handle");
  if (code != SQLITE_OK) return fail(with_place(sqlite_error(database.get(), code, path), path));
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(std::move(database)));
  if (Result<void> ready = connection->configure(options); !ready) {
    return fail(with_wal_advice(std::move(ready).error(), options).within({"{}", "{}"}, path));
  }
  return connection;
}

Result<void> SqliteConnection::configure(const ConnectOptions& options) {
  sqlite3_busy_timeout(database_.get(), busy_timeout_ms);
  // The file may come from anybody: its views and triggers may not call what could do harm.
  for (const char* pragma :
       {"PRAGMA trusted_schema=OFF", "PRAGMA foreign_keys=ON", "PRAGMA synchronous=FULL"}) {
    if (Result<std::int64_t> set = execute(pragma, {}); !set) return fail(std::move(set).error());
  }
  // The first read of the file; a file that is no database is noticed here.
  const Result<std::optional<std::string>> pages = query_value(*this, "PRAGMA page_count");
  if (!pages) return fail(pages.error());
  if (options.create && !options.read_only && *pages == "0") {
    const Result<std::optional<std::string>> mode = query_value(*this, "PRAGMA journal_mode=WAL");
    if (!mode) return fail(mode.error());
  }
  return {};
}

Result<std::int64_t> SqliteConnection::execute(std::string_view sql,
                                               std::span<const Value> params) {
  Result<SqliteStatement> statement = statements_.take(sql);
  if (!statement) return fail(std::move(statement));
  const std::int64_t before = sqlite3_total_changes64(database_.get());
  Result<void> done = bind_sqlite(database_.get(), statement->get(), params, false);
  if (done) done = run_to_end(statement->get(), sql);
  statements_.give_back(sql, std::move(*statement));
  if (!done) return fail(std::move(done));
  // changes64 keeps the count of an older statement if this one is none that changes rows.
  const bool changed = sqlite3_total_changes64(database_.get()) != before;
  return changed ? sqlite3_changes64(database_.get()) : 0;
}

Result<void> SqliteConnection::run_to_end(sqlite3_stmt* statement, std::string_view sql) {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code == SQLITE_DONE) return {};
  return fail(sqlite_error(database_.get(), code, sql));
}

Result<std::unique_ptr<Cursor>> SqliteConnection::query(std::string_view sql,
                                                        std::span<const Value> params) {
  Result<SqliteStatement> statement = statements_.take(sql);
  if (!statement) return fail(std::move(statement));
  Result<void> bound = bind_sqlite(database_.get(), statement->get(), params, true);
  if (!bound) {
    statements_.give_back(sql, std::move(*statement));
    return fail(std::move(bound));
  }
  return std::make_unique<SqliteCursor>(database_.get(), statements_, std::string(sql),
                                        std::move(*statement));
}

Result<void> SqliteConnection::begin(Isolation isolation) {
  if (isolation == Isolation::write) {
    const Result<std::int64_t> begun = execute("BEGIN IMMEDIATE", {});
    return begun ? Result<void>{} : fail(begun.error());
  }
  // A transaction sees the state of its first read, so the first read is here.
  query_only_ = true;
  for (const char* sql : {"BEGIN", "PRAGMA query_only=ON", "SELECT count(*) FROM sqlite_schema"}) {
    if (const Result<std::int64_t> done = execute(sql, {}); !done) {
      rollback();
      return fail(done.error());
    }
  }
  return {};
}

Result<void> SqliteConnection::commit() {
  const Result<std::int64_t> committed = execute("COMMIT", {});
  if (!committed) return fail(committed.error());
  return allow_writes();
}

Result<void> SqliteConnection::allow_writes() {
  // Only where it changes something: this pragma makes SQLite compile every statement anew.
  if (!query_only_) return {};
  const Result<std::int64_t> writable = execute("PRAGMA query_only=OFF", {});
  if (!writable) return fail(writable.error());
  query_only_ = false;
  return {};
}

void SqliteConnection::rollback() {
  // Nothing is left to do about a failure: closing the file rolls back as well.
  if (sqlite3_get_autocommit(database_.get()) == 0) {
    [[maybe_unused]] const Result<std::int64_t> ignored = execute("ROLLBACK", {});
  }
  [[maybe_unused]] const Result<void> ignored = allow_writes();
}

Result<std::int64_t> SqliteConnection::bulk_insert(std::string_view table,
                                                   std::span<const std::string> columns,
                                                   RowSource& rows) {
  std::string names;
  std::string marks;
  for (const std::string& column : columns) {
    if (!names.empty()) {
      names += ", ";
      marks += ", ";
    }
    names += quoted_identifier(column, '"');
    marks += '?';
  }
  const std::string sql =
      fmt::format("INSERT INTO {} ({}) VALUES ({})", quoted(table), names, marks);
  if (sqlite3_get_autocommit(database_.get()) == 0) return insert_all(sql, columns.size(), rows);
  if (Result<void> begun = begin(Isolation::write); !begun) return fail(std::move(begun).error());
  Result<std::int64_t> inserted = insert_all(sql, columns.size(), rows);
  if (inserted) {
    Result<void> committed = commit();
    if (committed) return inserted;
    inserted = fail(std::move(committed));
  }
  rollback();
  return inserted;
}

Result<std::int64_t> SqliteConnection::insert_all(std::string_view sql, std::size_t columns,
                                                  RowSource& rows) {
  Result<SqliteStatement> prepared = statements_.take(sql);
  if (!prepared) return fail(std::move(prepared));
  sqlite3_stmt* statement = prepared->get();
  std::int64_t count = 0;
  Values row;
  const auto insert_next = [&]() -> Result<bool> {
    Result<bool> filled = rows.next(row);
    if (!filled || !*filled) return filled;
    check(row.size() == columns, "a row has one value a column");
    Result<void> bound = bind_sqlite(database_.get(), statement, row, false);
    if (!bound) return fail(std::move(bound));
    const int code = sqlite3_step(statement);
    if (code != SQLITE_DONE) {
      Error error = sqlite_error(database_.get(), code, sql);
      sqlite3_reset(statement);
      return fail(std::move(error));
    }
    sqlite3_reset(statement);
    ++count;
    return true;
  };
  Result<bool> more = true;
  while (more && *more) more = insert_next();
  statements_.give_back(sql, std::move(*prepared));
  if (!more) return fail(std::move(more));
  return count;
}

std::string SqliteConnection::quoted(std::string_view identifier) const {
  return quoted_identifier(identifier, '"');
}

Result<ServerInfo> SqliteConnection::server() {
  return ServerInfo{.product = "SQLite", .version = sqlite3_libversion(), .zone = "UTC"};
}

Result<Table> SqliteConnection::describe(std::string_view table) {
  return describe_sqlite(database_.get(), *this, table);
}

Result<void> SqliteConnection::set_zone(std::string_view zone) {
  if (Result<CivilTime> known = in_zone(CivilTime::baseline(), zone); !known) {
    return fail(std::move(known).error());
  }
  zone_ = zone;
  return {};
}

Result<CivilTime> SqliteConnection::now() {
  const Result<std::optional<std::string>> text =
      query_value(*this, "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')");
  if (!text) return fail(text.error());
  const std::optional<CivilTime> utc = CivilTime::parse(text->value_or(""));
  if (!utc) {
    return fail(ErrorKind::query, {"SQLite: the clock shows no time", "SQLite：读不到时钟"});
  }
  return in_zone(*utc, zone_);
}

Result<OpenTransactions> SqliteConnection::open_transactions() {
  // SQLite has no list of others' transactions, and one writer at a time. A writer that stamps,
  // and then keeps its transaction open for longer than the margin, is not seen.
  return OpenTransactions{};
}

}  // namespace tidemark::sql
