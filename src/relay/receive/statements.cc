#include "relay/receive/statements.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace tidemark::receive {
namespace {

/// `(?,?),(?,?)`
std::string rows_of_marks(std::size_t columns, std::size_t rows) {
  std::string row = "(";
  for (std::size_t i = 0; i < columns; ++i) row += i == 0 ? "?" : ",?";
  row += ')';
  std::string all;
  for (std::size_t i = 0; i < rows; ++i) {
    if (i > 0) all += ',';
    all += row;
  }
  return all;
}

std::string joined(std::span<const std::string_view> columns) {
  std::string text;
  for (const std::string_view column : columns) {
    if (!text.empty()) text += ',';
    text += column;
  }
  return text;
}

}  // namespace

std::string insert_absent_sql(sql::Dialect dialect, std::string_view table,
                              std::span<const std::string_view> columns, std::size_t rows) {
  const bool mysql = dialect == sql::Dialect::mysql;
  return fmt::format("INSERT {}INTO {} ({}) VALUES {}{}", mysql ? "IGNORE " : "", table,
                     joined(columns), rows_of_marks(columns.size(), rows),
                     mysql ? "" : " ON CONFLICT DO NOTHING");
}

std::string upsert_newer_sql(sql::Dialect dialect, std::string_view table,
                             std::span<const std::string_view> columns,
                             std::span<const std::string_view> key, std::size_t rows) {
  check(columns.size() > 2 && columns[columns.size() - 2] == "event_timestamp" &&
            columns.back() == "source_version",
        "the columns that decide come last");
  std::string sql = fmt::format("INSERT INTO {} ({}) VALUES {}", table, joined(columns),
                                rows_of_marks(columns.size(), rows));
  const bool mysql = dialect == sql::Dialect::mysql;
  sql += mysql ? " ON DUPLICATE KEY UPDATE "
               : fmt::format(" ON CONFLICT ({}) DO UPDATE SET ", joined(key));
  // MySQL assigns from left to right and sees what it has assigned: the columns that decide are
  // last, and source_version does not look at event_timestamp.
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) sql += ',';
    if (!mysql) {
      sql += fmt::format("{0}=excluded.{0}", columns[i]);
    } else if (columns[i] == "source_version") {
      sql += "source_version=GREATEST(VALUES(source_version),source_version)";
    } else {
      sql += fmt::format(
          "{0}=IF(VALUES(source_version)>source_version OR (VALUES(source_version)=source_version "
          "AND VALUES(event_timestamp)>event_timestamp),VALUES({0}),{0})",
          columns[i]);
    }
  }
  if (!mysql)
    sql += fmt::format(
        " WHERE excluded.source_version>{0}.source_version OR (excluded.source_version="
        "{0}.source_version AND excluded.event_timestamp>{0}.event_timestamp)",
        table);
  return sql;
}

std::string upsert_latest_sql(sql::Dialect dialect, std::string_view table,
                              std::span<const std::string_view> columns,
                              std::span<const std::string_view> key, std::size_t rows) {
  constexpr std::array<std::string_view, 4> deciding = {"event_timestamp", "source_version",
                                                        "source_type", "source_id"};
  check(columns.size() > deciding.size() &&
            std::ranges::equal(columns.last(deciding.size()), deciding),
        "the columns that decide come last");
  std::string sql = fmt::format("INSERT INTO {} ({}) VALUES {}", table, joined(columns),
                                rows_of_marks(columns.size(), rows));
  const bool mysql = dialect == sql::Dialect::mysql;
  if (!mysql) {
    sql += fmt::format(" ON CONFLICT ({}) DO UPDATE SET ", joined(key));
    for (const std::string_view column : columns)
      sql += fmt::format("{1}{0}=excluded.{0}", column, column == columns.front() ? "" : ",");
    return sql + fmt::format(
                     " WHERE CASE WHEN excluded.source_type={0}.source_type AND "
                     "excluded.source_id={0}.source_id THEN "
                     "excluded.source_version>{0}.source_version OR (excluded.source_version="
                     "{0}.source_version AND excluded.event_timestamp>{0}.event_timestamp) ELSE "
                     "excluded.event_timestamp>={0}.event_timestamp END",
                     table);
  }
  constexpr std::string_view same_record =
      "VALUES(source_type)=source_type AND VALUES(source_id)=source_id";
  // MySQL assigns from left to right and sees what it has assigned. Once event_timestamp is
  // assigned, a row of another record counts exactly if it is not later than the new one; and the
  // version of the same record only grows.
  constexpr std::string_view not_later = "VALUES(event_timestamp)>=event_timestamp";
  sql += " ON DUPLICATE KEY UPDATE ";
  for (const std::string_view column : columns) {
    if (column != columns.front()) sql += ',';
    if (column == "source_version")
      sql += fmt::format(
          "source_version=IF({},GREATEST(VALUES(source_version),source_version),"
          "IF({},VALUES(source_version),source_version))",
          same_record, not_later);
    else if (column == "source_type" || column == "source_id")
      sql += fmt::format("{0}=IF({1},VALUES({0}),{0})", column, not_later);
    else
      sql += fmt::format(
          "{0}=IF(IF({1},VALUES(source_version)>source_version OR (VALUES(source_version)="
          "source_version AND VALUES(event_timestamp)>event_timestamp),{2}),VALUES({0}),{0})",
          column, same_record, not_later);
  }
  return sql;
}

std::string known_events_sql(sql::Dialect dialect, std::size_t rows) {
  return fmt::format(
      "SELECT source_system, event_id FROM received_events WHERE (source_system, event_id) IN "
      "({}{})",
      dialect == sql::Dialect::sqlite ? "VALUES " : "", rows_of_marks(2, rows));
}

}  // namespace tidemark::receive
