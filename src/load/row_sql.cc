#include "load/row_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/civil_time.h"

namespace tidemark::load {
namespace {

/// Rows of one upsert; SQLite and PostgreSQL limit the parameters of a statement (32,766; 65,535).
constexpr std::size_t upsert_rows_max = 64;

class Listed final : public sql::RowSource {
 public:
  explicit Listed(std::span<const sql::Values> rows) : rows_(rows) {}
  Result<bool> next(sql::Values& row) override {
    if (rows_.empty()) return false;
    row = rows_.front();
    rows_ = rows_.subspan(1);
    return true;
  }

 private:
  std::span<const sql::Values> rows_;
};

std::string upsert_sql(sql::Dialect dialect, const TableSpec& table, std::size_t rows) {
  std::string columns, key, assignments;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string_view name = table.columns[i].name;
    columns += fmt::format("{}{}", i == 0 ? "" : ",", name);
    if (i < table.key_columns) {
      key += fmt::format("{}{}", i == 0 ? "" : ",", name);
      continue;
    }
    // VALUES() is the way that MySQL 5.7, 8 and MariaDB have in common.
    assignments += fmt::format(
        fmt::runtime(dialect == sql::Dialect::mysql ? "{0}{1}=VALUES({1})" : "{0}{1}=excluded.{1}"),
        assignments.empty() ? "" : ",", name);
  }
  std::string tuples;
  for (std::size_t i = 0; i < rows; ++i)
    tuples += fmt::format("{}({})", i == 0 ? "" : ",", marks(table.columns.size()));
  const std::string on_conflict = dialect == sql::Dialect::mysql
                                      ? std::string("ON DUPLICATE KEY UPDATE ")
                                      : fmt::format("ON CONFLICT ({}) DO UPDATE SET ", key);
  return fmt::format("INSERT INTO {} ({}) VALUES {} {}{}", table.name, columns, tuples, on_conflict,
                     assignments);
}

}  // namespace

Result<void> insert_rows(sql::Connection& connection, const TableSpec& table,
                         std::span<const sql::Values> rows) {
  if (rows.empty()) return {};
  Listed listed(rows);
  const auto inserted = connection.bulk_insert(table.name, table.column_names(), listed);
  return inserted ? Result<void>{} : fail(inserted.error());
}

Result<void> upsert_rows(sql::Connection& connection, const TableSpec& table,
                         std::span<const sql::Values> rows) {
  while (!rows.empty()) {
    const std::size_t count = rows.size() >= upsert_rows_max ? upsert_rows_max : 1;
    std::vector<sql::Value> params;
    for (const sql::Values& row : rows.first(count))
      params.insert(params.end(), row.begin(), row.end());
    const auto done = connection.execute(upsert_sql(connection.dialect(), table, count), params);
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
