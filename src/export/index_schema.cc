#include "export/index_schema.h"

#include <fmt/format.h>

#include <string_view>

namespace tidemark::exporter::index_schema {
namespace {

constexpr std::string_view file_table = R"(
  CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    key NOT NULL UNIQUE,              -- integer or text, as in the source
    stem TEXT NOT NULL,               -- path without extension, below the output folder
    compression INTEGER NOT NULL,     -- 0 none, 1 gzip, 2 zstd
    hash BLOB NOT NULL,               -- XXH3 128 of the payload
    size INTEGER NOT NULL,            -- bytes on disk
    mtime INTEGER NOT NULL,           -- of the file, in nanoseconds
    run INTEGER NOT NULL,             -- run that entered the row
    adopted INTEGER NOT NULL          -- 1: taken over from an older exporter
  );
)";

constexpr std::string_view name_table = R"(
  CREATE TABLE name (
    hash INTEGER PRIMARY KEY,         -- XXH3 64 of the case-folded stem
    file INTEGER NOT NULL             -- file.id
  );
)";

constexpr std::string_view removal_table = R"(
  CREATE TABLE removal (
    path TEXT PRIMARY KEY,            -- of a stale file, below the output folder
    replaced INTEGER NOT NULL         -- 1: a part that a manifest listed when it was noted
  ) WITHOUT ROWID;
)";

constexpr std::string_view other_tables = R"(
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE reject (
    key PRIMARY KEY, tenant TEXT, country TEXT, number TEXT, reason TEXT NOT NULL,
    hash BLOB NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE tenant (name TEXT PRIMARY KEY, covered TEXT NOT NULL) WITHOUT ROWID;
)";

/// What is the same in all versions.
constexpr std::string_view copy_unchanged = R"(
  INSERT OR REPLACE INTO main.meta SELECT * FROM {0}.meta;
  INSERT INTO main.reject SELECT * FROM {0}.reject;
  INSERT INTO main.tenant SELECT * FROM {0}.tenant;
)";

constexpr std::string_view copy_files = R"(
  INSERT INTO main.file SELECT * FROM {0}.file;
  INSERT INTO main.name SELECT * FROM {0}.name;
)";

constexpr std::string_view copy_removals = "INSERT INTO main.removal SELECT * FROM {0}.removal;";

/// From table {0} of version 2 or 1, which could not tell.
constexpr std::string_view convert_removals = "INSERT INTO main.removal SELECT path, 0 FROM {0};";

/// From table {0} of version 1. All names go into their table, so none waits.
constexpr std::string_view convert_files = R"(
  INSERT INTO main.file SELECT id, key, stem, compression, hash, size, mtime, run, adopted FROM {0};
  INSERT INTO main.name SELECT name_hash, id FROM {0} ORDER BY name_hash;
  INSERT OR REPLACE INTO main.meta SELECT 'settled', COALESCE(MAX(id), 0) FROM {0};
)";

std::string with(std::string_view sql, std::string_view name) {
  return fmt::format(fmt::runtime(sql), name);
}

/// All of it, or nothing.
Result<void> run_as_one(IndexDb& db, std::string_view begin, const std::string& sql) {
  Result<void> done = db.run(fmt::format("{};{}COMMIT", begin, sql).c_str());
  if (!done) static_cast<void>(db.run("ROLLBACK"));
  return done;
}

std::string mark_version() { return fmt::format("PRAGMA main.user_version={};", version); }

}  // namespace

Result<int> found(IndexDb& db, const std::string& database) {
  const Result<std::int64_t> stored =
      db.one_number(fmt::format("PRAGMA {}.user_version", database));
  if (!stored) return std::unexpected(stored.error());
  const std::int64_t number = *stored;
  if (number >= 0 && number <= version) return static_cast<int>(number);
  return fail(make_error(ErrorKind::unsupported,
                         {"the index of the export tree has version {}, this program knows {}",
                          "导出目录的索引版本为 {}，本程序只认识 {}"},
                         number, version)
                  .with_hint({"use a newer tidemark", "请使用更新版本的 tidemark"}));
}

Result<void> create(IndexDb& db) {
  return run_as_one(db, "BEGIN IMMEDIATE",
                    fmt::format("{}{}{}{}{}", file_table, name_table, removal_table, other_tables,
                                mark_version()));
}

Result<void> upgrade(IndexDb& db, int from) {
  static_assert(version == 3, "another step is needed");
  if (from < 1 || from >= version) return {};
  // Beside each old table its successor, which then takes the name; the other tables are as ever.
  std::string steps = fmt::format(
      "ALTER TABLE removal RENAME TO removal_of_version_2;{}{}DROP TABLE removal_of_version_2;",
      removal_table, with(convert_removals, "removal_of_version_2"));
  if (from == 1) {
    steps += fmt::format(
        "ALTER TABLE file RENAME TO file_of_version_1;{}{}{}DROP TABLE file_of_version_1;",
        file_table, name_table, with(convert_files, "file_of_version_1"));
  }
  return run_as_one(db, "BEGIN IMMEDIATE", steps + mark_version());
}

Result<void> copy(IndexDb& db, const std::string& database, int from) {
  const std::string removals =
      from < 3 ? with(convert_removals, database + ".removal") : with(copy_removals, database);
  const std::string files =
      from == 1 ? with(convert_files, database + ".file") : with(copy_files, database);
  return run_as_one(db, "BEGIN", with(copy_unchanged, database) + removals + files);
}

}  // namespace tidemark::exporter::index_schema
