#include "export/index_db.h"

#include <fmt/format.h>

#include <filesystem>

namespace tidemark::exporter {
namespace {

Error index_error(sqlite3* db) {
  const int code = sqlite3_extended_errcode(db);
  ErrorKind kind = ErrorKind::io;
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:  // A table that is missing: not our index any more.
      kind = ErrorKind::corrupt;
      break;
    case SQLITE_FULL:
      kind = ErrorKind::no_space;
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      kind = ErrorKind::locked;
      break;
    default:
      break;
  }
  return make_error(kind, {"index of the export tree: {} ({})", "导出目录的索引：{}（{}）"},
                    sqlite3_errmsg(db), code);
}

/// The one that writes asks for the owner of every new name, and names lie anywhere in their table:
/// what it holds of a million of them keeps it from the disk.
constexpr int writer_cache_kib = 12 * 1024;
constexpr int reader_cache_kib = 4 * 1024;

}  // namespace

IndexStatement& IndexStatement::reset() {
  sqlite3_reset(statement_.get());
  bound_ = 0;
  return *this;
}

IndexStatement& IndexStatement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

IndexStatement& IndexStatement::bind_text(std::string_view value) {
  sqlite3_bind_text64(statement_.get(), ++bound_, value.data(), value.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

IndexStatement& IndexStatement::bind_null() {
  sqlite3_bind_null(statement_.get(), ++bound_);
  return *this;
}

IndexStatement& IndexStatement::bind_blob(std::string_view value) {
  sqlite3_bind_blob64(statement_.get(), ++bound_, value.data(), value.size(), SQLITE_STATIC);
  return *this;
}

IndexStatement& IndexStatement::bind_key(const Key& key) {
  if (key.is_integer()) return bind(key.number());
  const std::string text = key.text();
  sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

Result<bool> IndexStatement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_.get());
    return false;
  }
  Error error = index_error(db_);
  sqlite3_reset(statement_.get());
  return fail(std::move(error));
}

Result<void> IndexStatement::run() {
  const Result<bool> row = step();
  if (!row) return std::unexpected(row.error());
  if (*row) sqlite3_reset(statement_.get());
  return {};
}

std::int64_t IndexStatement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view IndexStatement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

Key IndexStatement::key(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER) return Key(number(column));
  return Key(std::string(bytes(column)));
}

bool IndexStatement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string parameters(std::size_t rows, std::size_t columns) {
  std::string row = "(?";
  for (std::size_t i = 1; i < columns; ++i) row += ",?";
  row += ')';
  std::string all = row;
  for (std::size_t i = 1; i < rows; ++i) all += ',' + row;
  return all;
}

Result<IndexDb> IndexDb::open(const std::string& path, Mode mode) {
  sqlite3* raw = nullptr;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  std::string name = path;
  if (mode == Mode::read_only) flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY;
  if (mode == Mode::untouched) {
    flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
    name = untouched_uri(path);
  }
  if (mode == Mode::scratch) {
    flags |= SQLITE_OPEN_URI;  // For an ATTACH of the real one.
    name.clear();              // A private database in a temporary file.
  }
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  IndexDb db(raw);
  if (code != SQLITE_OK) {
    return fail(index_error(raw).within({"{}", "{}"}, path));
  }
  sqlite3_busy_timeout(raw, 10'000);
  const int cache_kib = mode == Mode::read_write ? writer_cache_kib : reader_cache_kib;
  if (Result<void> set = db.run(fmt::format("PRAGMA cache_size=-{}", cache_kib).c_str()); !set) {
    return fail(std::move(set.error()));
  }
  if (mode == Mode::read_write) {
    // WAL: readers on the side while the publisher writes; FULL: durable at commit.
    if (Result<void> set = db.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"); !set) {
      return fail(std::move(set.error()));
    }
  }
  return db;
}

std::string IndexDb::untouched_uri(const std::string& path) {
  std::string uri = path.starts_with('/') ? "file://" : "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  uri += "?mode=ro";
  std::error_code ignored;
  if (!std::filesystem::exists(path + "-wal", ignored)) uri += "&immutable=1";
  return uri;
}

Result<IndexStatement> IndexDb::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return fail(index_error(db_.get()));
  }
  return IndexStatement(db_.get(), statement);
}

Result<void> IndexDb::run(const char* sql) {
  if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return fail(index_error(db_.get()));
  }
  return {};
}

Result<std::int64_t> IndexDb::one_number(std::string_view sql) {
  Result<IndexStatement> statement = prepare(sql);
  if (!statement) return fail(std::move(statement));
  const Result<bool> row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->number(0) : 0;
}

}  // namespace tidemark::exporter
