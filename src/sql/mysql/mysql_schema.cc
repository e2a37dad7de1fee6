#include "sql/mysql/mysql_schema.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "sql/identifier.h"

namespace tidemark::sql {
namespace {

ColumnType type_of(const std::string& data_type) {
  static const std::map<std::string, ColumnType, std::less<>> types = {
      {"tinyint", ColumnType::integer},    {"smallint", ColumnType::integer},
      {"mediumint", ColumnType::integer},  {"int", ColumnType::integer},
      {"bigint", ColumnType::integer},     {"year", ColumnType::integer},
      {"decimal", ColumnType::decimal},    {"float", ColumnType::floating},
      {"double", ColumnType::floating},    {"char", ColumnType::text},
      {"varchar", ColumnType::text},       {"tinytext", ColumnType::text},
      {"text", ColumnType::text},          {"mediumtext", ColumnType::text},
      {"longtext", ColumnType::text},      {"enum", ColumnType::text},
      {"set", ColumnType::text},           {"binary", ColumnType::binary},
      {"varbinary", ColumnType::binary},   {"tinyblob", ColumnType::binary},
      {"blob", ColumnType::binary},        {"mediumblob", ColumnType::binary},
      {"longblob", ColumnType::binary},    {"json", ColumnType::json},
      {"date", ColumnType::date},          {"datetime", ColumnType::datetime},
      {"timestamp", ColumnType::datetime},
  };
  const auto found = types.find(data_type);
  return found == types.end() ? ColumnType::other : found->second;
}

std::string text_at(const Cursor& cursor, std::size_t column) {
  return std::string(cursor.at(column).value_or(""));
}

Result<void> read_columns(Connection& connection, const std::string& schema,
                          const std::string& name, Table& table) {
  Result<std::unique_ptr<Cursor>> rows = connection.query(
      "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, DATETIME_PRECISION,"
      " CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS"
      " WHERE TABLE_SCHEMA = IF(? = '', DATABASE(), ?) AND TABLE_NAME = ?"
      " ORDER BY ORDINAL_POSITION",
      Values{schema, schema, name});
  if (!rows) return fail(std::move(rows));
  while (true) {
    Result<bool> row = (*rows)->next();
    if (!row) return fail(std::move(row));
    if (!*row) return {};
    const std::string data_type = text_at(**rows, 1);
    Column column;
    column.name = text_at(**rows, 0);
    column.type = type_of(data_type);
    column.declared = text_at(**rows, 2);
    column.nullable = text_at(**rows, 3) == "YES";
    const std::string precision = text_at(**rows, 4);
    std::from_chars(precision.data(), precision.data() + precision.size(), column.decimals);
    column.with_zone = data_type == "timestamp";
    column.charset = text_at(**rows, 5);
    column.collation = text_at(**rows, 6);
    column.compares_bytes =
        column.type == ColumnType::text
            ? compares_bytes_in_mysql(data_type, column.collation)
            : column.type != ColumnType::json && column.type != ColumnType::other;
    table.columns.push_back(std::move(column));
  }
}

/// SHOW INDEX rather than information_schema: MySQL 5.7, 8 and MariaDB agree on its first columns.
Result<void> read_indexes(Connection& connection, bool mariadb, Table& table) {
  constexpr std::size_t non_unique = 1, key_name = 2, column_name = 4, sub_part = 7, type = 10,
                        visibility = 13;
  Result<std::unique_ptr<Cursor>> rows =
      connection.query("SHOW INDEX FROM " + connection.quoted(table.name));
  if (!rows) return fail(std::move(rows));
  std::map<std::string, bool> cut;  // Indexes that a part of a column or an expression ended.
  while (true) {
    Result<bool> row = (*rows)->next();
    if (!row) return fail(std::move(row));
    if (!*row) break;
    const std::string name = text_at(**rows, key_name);
    const bool hidden =
        (*rows)->columns() > visibility && text_at(**rows, visibility) == (mariadb ? "YES" : "NO");
    if (hidden || (text_at(**rows, type) != "BTREE" && text_at(**rows, type) != "HASH")) continue;
    if (table.indexes.empty() || table.indexes.back().name != name) {
      table.indexes.push_back({name, {}, text_at(**rows, non_unique) == "0"});
    }
    Index& index = table.indexes.back();
    if ((*rows)->at(sub_part) || !(*rows)->at(column_name)) {
      cut[name] = true;
      index.unique = false;
    }
    if (!cut[name]) index.columns.push_back(text_at(**rows, column_name));
    if (name == "PRIMARY") table.primary_key.push_back(text_at(**rows, column_name));
  }
  return {};
}

/// Its indexes are declared as unique where those of the merged tables are: each for itself.
Result<bool> merges_tables(Connection& connection, const std::string& schema,
                           const std::string& name) {
  const Result<std::optional<std::string>> found =
      query_value(connection,
                  "SELECT 1 FROM information_schema.TABLES"
                  " WHERE TABLE_SCHEMA = IF(? = '', DATABASE(), ?) AND TABLE_NAME = ?"
                  " AND LOWER(ENGINE) = 'mrg_myisam'",
                  Values{schema, schema, name});
  if (!found) return std::unexpected(found.error());
  return found->has_value();
}

}  // namespace

bool compares_bytes_in_mysql(std::string_view data_type, std::string_view collation) {
  if (collation == "binary") return true;
  if (!collation.ends_with("_bin")) return false;
  return data_type == "char" || collation.ends_with("_nopad_bin") ||
         collation == "utf8mb4_0900_bin";
}

Result<Table> describe_mysql(Connection& connection, std::string_view table, bool mariadb) {
  const auto [schema, name] = split_identifier(table);
  Table described;
  described.name = table;
  if (Result<void> read = read_columns(connection, schema, name, described); !read) {
    return fail(std::move(read).error());
  }
  if (described.columns.empty()) {
    return fail(ErrorKind::not_found, {"MySQL: there is no table {}", "MySQL：没有表 {}"}, table);
  }
  if (Result<void> read = read_indexes(connection, mariadb, described); !read) {
    return fail(std::move(read).error());
  }
  const Result<bool> merges = merges_tables(connection, schema, name);
  if (!merges) return std::unexpected(merges.error());
  described.has_children = *merges;
  return described;
}

}  // namespace tidemark::sql
