#include "sql/sqlite/sqlite_backup.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/bytes.h"
#include "sql/identifier.h"
#include "sql/sqlite/sqlite_handle.h"

namespace tidemark::sql {
namespace {

/// So much is copied between two looks at whether to stop: 4 MiB of the usual pages.
constexpr int pages_per_step = 1024;
constexpr int lock_wait_ms = 10'000;

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};
using BackupHandle = std::unique_ptr<sqlite3_backup, FinishBackup>;

using RowCounts = std::map<std::string, std::uint64_t>;

Result<SqliteHandle> open_database(const std::string& path, int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  SqliteHandle database(opened);
  if (code != SQLITE_OK) return fail(sqlite_error(opened, code, path));
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, lock_wait_ms);
  return database;
}

/// Debian's SQLite reads a path that starts with `file:` as a URI of its own.
std::string plain_path(const std::string& path) {
  return path.starts_with("file:") ? "./" + path : path;
}

/// The path as a URI of a file that nobody writes: read without a log or a lock beside it.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char letter : path) {
    if (letter == '%' || letter == '?' || letter == '#')
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    else
      uri += letter;
  }
  return uri + "?immutable=1";
}

/// The first column of every row.
Result<std::vector<std::string>> first_column(sqlite3* database, std::string_view sql) {
  Result<SqliteStatement> statement = prepare_sqlite(database, sql);
  if (!statement) return fail(std::move(statement).error());
  std::vector<std::string> values;
  while (true) {
    const int code = sqlite3_step(statement->get());
    if (code == SQLITE_DONE) return values;
    if (code != SQLITE_ROW) return fail(sqlite_error(database, code, sql));
    const unsigned char* text = sqlite3_column_text(statement->get(), 0);
    values.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
  }
}

Result<RowCounts> row_counts(sqlite3* database) {
  const Result<std::vector<std::string>> tables = first_column(
      database,
      "SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite!_%' "
      "ESCAPE '!' ORDER BY name");
  if (!tables) return fail(tables.error());
  RowCounts counts;
  for (const std::string& table : *tables) {
    const Result<std::vector<std::string>> count = first_column(
        database, fmt::format("SELECT COUNT(*) FROM {}", quoted_identifier(table, '"')));
    if (!count) return fail(count.error());
    counts[table] = std::stoull(count->front());
  }
  return counts;
}

Result<void> copy_pages(sqlite3* from, const std::string& copy, const BackupProgress& progress,
                        const Stop& stop) {
  Result<SqliteHandle> into =
      open_database(plain_path(copy), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!into) return fail(std::move(into).error());
  BackupHandle backup(sqlite3_backup_init(into->get(), "main", from, "main"));
  if (!backup) return fail(sqlite_error(into->get(), sqlite3_errcode(into->get()), copy));
  while (true) {
    if (stop.requested())
      return fail(ErrorKind::cancelled, {"stopped; no copy was written", "已中止，未写出备份"});
    const int code = sqlite3_backup_step(backup.get(), pages_per_step);
    const auto total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup.get()));
    progress(total - static_cast<std::uint64_t>(sqlite3_backup_remaining(backup.get())), total);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_OK) return fail(sqlite_error(into->get(), code, copy));
  }
}

Error damaged(const std::string& copy, const std::string& finding) {
  return make_error(ErrorKind::corrupt, {"the copy {} is not sound: {}", "备份 {} 未通过检查：{}"},
                    printable(copy), printable(finding));
}

Result<RowCounts> examine(const std::string& copy) {
  Result<SqliteHandle> database =
      open_database(immutable_uri(copy), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  if (!database) return fail(std::move(database).error());
  const Result<std::vector<std::string>> integrity =
      first_column(database->get(), "PRAGMA integrity_check(10)");
  if (!integrity) return fail(integrity.error());
  if (*integrity != std::vector<std::string>{"ok"})
    return fail(damaged(copy, fmt::format("{}", fmt::join(*integrity, "; "))));
  const Result<std::vector<std::string>> orphans =
      first_column(database->get(), "PRAGMA foreign_key_check");
  if (!orphans) return fail(orphans.error());
  if (!orphans->empty())
    return fail(damaged(copy, "rows of " + orphans->front() + " belong to none"));
  return row_counts(database->get());
}

}  // namespace

Result<BackupSummary> backup_sqlite(const std::string& path, const std::string& copy,
                                    const BackupProgress& progress, const Stop& stop) {
  if (std::error_code ignored; !std::filesystem::exists(path, ignored))
    return fail(ErrorKind::not_found, {"there is no file {}", "文件 {} 不存在"}, printable(path));
  Result<SqliteHandle> source = open_database(plain_path(path), SQLITE_OPEN_READWRITE);
  if (!source) return fail(std::move(source).error());
  // What is counted and copied from here on is of one moment.
  if (const auto begun = first_column(source->get(), "BEGIN"); !begun) return fail(begun.error());
  const Result<RowCounts> wanted = row_counts(source->get());
  if (!wanted) return fail(wanted.error());
  if (Result<void> copied = copy_pages(source->get(), copy, progress, stop); !copied)
    return fail(std::move(copied).error());
  source->reset();
  Result<RowCounts> rows = examine(copy);
  if (!rows) return fail(std::move(rows).error());
  if (*rows != *wanted) return fail(damaged(copy, "a table has not the rows of the source"));
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(copy, error);
  if (error) return fail(ErrorKind::io, {"cannot examine {}", "无法检查 {}"}, printable(copy));
  return BackupSummary{.bytes = bytes, .rows = std::move(*rows)};
}

}  // namespace tidemark::sql
