#include "load/row_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/civil_time.h"

namespace tidemark::load {
namespace {

/// Rows of one upsert; PostgreSQL limits the parameters of a statement to 65,535.
constexpr std::size_t upsert_rows_max = 64;
/// From so many rows on PostgreSQL takes them by COPY, which reads them several times as fast.
constexpr std::size_t staged_rows_min = 2 * upsert_rows_max;

class Listed final : public sql::RowSource {
 public:
  explicit Listed(std::vector<sql::Values> rows) : rows_(std::move(rows)), next_(rows_.begin()) {}
  Result<bool> next(sql::Values& row) override {
    if (next_ == rows_.end()) return false;
    row = std::move(*next_++);
    return true;
  }

 private:
  std::vector<sql::Values> rows_;
  std::vector<sql::Values>::iterator next_;
};

class Made final : public sql::RowSource {
 public:
  Made(std::size_t rows, const WriteCells& write) : rows_(rows), write_(write) {}
  Result<bool> next(sql::Values& row) override {
    if (next_ == rows_) return false;
    CellWriter cells(row);
    write_(next_++, cells);
    return true;
  }

 private:
  const std::size_t rows_;
  const WriteCells& write_;
  std::size_t next_ = 0;
};

/// `{"o_1","o_2"}`
std::string array_literal(std::span<const std::string> texts) {
  std::string array = "{";
  for (const std::string& text : texts) {
    array += array.size() == 1 ? "\"" : ",\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + '}';
}

std::string names_of(std::span<const Column> columns) {
  std::string names;
  for (const Column& column : columns) {
    if (!names.empty()) names += ',';
    names += column.name;
  }
  return names;
}

/// ` ON DUPLICATE KEY UPDATE …`
std::string on_conflict(sql::Dialect dialect, const TableSpec& table) {
  const bool mysql = dialect == sql::Dialect::mysql;
  std::string clause = mysql ? std::string(" ON DUPLICATE KEY UPDATE ")
                             : fmt::format(" ON CONFLICT ({}) DO UPDATE SET ",
                                           names_of(table.columns.first(table.key_columns)));
  for (const Column& column : table.columns.subspan(table.key_columns)) {
    // VALUES() is the way that MySQL 5.7, 8 and MariaDB have in common.
    clause +=
        fmt::format(fmt::runtime(mysql ? "{0}=VALUES({0})," : "{0}=excluded.{0},"), column.name);
  }
  clause.pop_back();
  return clause;
}

std::string upsert_sql(sql::Dialect dialect, const TableSpec& table, std::size_t rows) {
  const std::string tuple = '(' + marks(table.columns.size()) + ')';
  std::string tuples;
  for (std::size_t i = 0; i < rows; ++i) tuples += i == 0 ? tuple : ',' + tuple;
  return fmt::format("INSERT INTO {} ({}) VALUES {}{}", table.name, names_of(table.columns), tuples,
                     on_conflict(dialect, table));
}

/// By COPY into a table of this session, and from there.
Result<void> upsert_staged(sql::Connection& connection, const TableSpec& table,
                           std::span<const sql::Values> rows) {
  const std::string staging = fmt::format("incoming_{}", table.name);
  const auto run = [&connection](const std::string& sql) -> Result<void> {
    const auto done = connection.execute(sql);
    return done ? Result<void>{} : fail(done.error());
  };
  if (auto done = run(fmt::format("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) "
                                  "ON COMMIT DELETE ROWS",
                                  staging, table.name));
      !done)
    return done;
  Listed listed({rows.begin(), rows.end()});
  const auto copied = connection.bulk_insert(staging, table.column_names(), listed);
  if (!copied) return fail(copied.error());
  const std::string names = names_of(table.columns);
  if (auto done = run(fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}{3}", table.name, names,
                                  staging, on_conflict(connection.dialect(), table)));
      !done)
    return done;
  return run(fmt::format("DELETE FROM {}", staging));
}

}  // namespace

Result<void> insert_rows(sql::Connection& connection, const TableSpec& table,
                         std::vector<sql::Values> rows) {
  if (rows.empty()) return {};
  Listed listed(std::move(rows));
  const auto inserted = connection.bulk_insert(table.name, table.column_names(), listed);
  return inserted ? Result<void>{} : fail(inserted.error());
}

Result<void> insert_made_rows(sql::Connection& connection, const TableSpec& table, std::size_t rows,
                              const WriteCells& write) {
  if (rows == 0) return {};
  Made made(rows, write);
  const auto inserted = connection.bulk_insert(table.name, table.column_names(), made);
  return inserted ? Result<void>{} : fail(inserted.error());
}

Result<void> upsert_rows(sql::Connection& connection, const TableSpec& table,
                         std::span<const sql::Values> rows) {
  const sql::Dialect dialect = connection.dialect();
  if (dialect == sql::Dialect::postgres && rows.size() >= staged_rows_min)
    return upsert_staged(connection, table, rows);
  // SQLite has no way to the server that several rows could share.
  const std::size_t rows_max = dialect == sql::Dialect::sqlite ? 1 : upsert_rows_max;
  while (!rows.empty()) {
    const std::size_t count = std::min(rows.size(), rows_max);
    std::vector<sql::Value> params;
    for (const sql::Values& row : rows.first(count))
      params.insert(params.end(), row.begin(), row.end());
    const auto done = connection.execute(upsert_sql(dialect, table, count), params);
    if (!done) return fail(done.error());
    rows = rows.subspan(count);
  }
  return {};
}

std::vector<sql::Value> padded_keys(std::span<const std::string> keys) {
  std::vector<sql::Value> padded(keys.begin(), keys.end());
  std::size_t size = 1;
  while (size < keys.size()) size *= 8;
  if (!keys.empty()) padded.resize(size, keys.back());
  return padded;
}

std::string marks(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ",?";
  return text;
}

Condition Condition::operator+(const Condition& other) const {
  Condition both{.sql = sql + " AND " + other.sql, .params = params};
  both.params.insert(both.params.end(), other.params.begin(), other.params.end());
  return both;
}

Condition is_between(std::string_view column, std::string first, std::string last) {
  return {.sql = fmt::format("{} BETWEEN ? AND ?", column),
          .params = {std::move(first), std::move(last)}};
}

Condition is_one_of(sql::Dialect dialect, std::string_view column,
                    std::span<const std::string> keys) {
  // PostgreSQL plans one array much faster than hundreds of parameters.
  if (dialect == sql::Dialect::postgres)
    return {.sql = fmt::format("{} = ANY(?::text[])", column), .params = {array_literal(keys)}};
  Condition condition{.sql = {},
                      .params = dialect == sql::Dialect::sqlite
                                    ? padded_keys(keys)
                                    : sql::Values(keys.begin(), keys.end())};
  condition.sql = fmt::format("{} IN ({})", column, marks(condition.params.size()));
  return condition;
}

std::optional<std::string> shown_text(const sql::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return std::nullopt;
}

std::string utc_text(WallTime time) {
  return CivilTime(std::chrono::local_time<std::chrono::microseconds>(time.time_since_epoch()))
      .text(6);
}

Result<WallTime> utc_time(std::optional<std::string_view> text) {
  const std::optional<CivilTime> time = CivilTime::parse(text.value_or(""));
  if (!time)
    return fail(ErrorKind::corrupt,
                {"the warehouse holds '{}' for a time", "数仓中的时间无效：“{}”"},
                text.value_or("NULL"));
  return WallTime(time->time().time_since_epoch());
}

}  // namespace tidemark::load
