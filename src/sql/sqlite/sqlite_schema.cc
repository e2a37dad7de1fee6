#include "sql/sqlite/sqlite_schema.h"

#include <algorithm>
#include <cctype>

#include "sql/identifier.h"

namespace tidemark::sql {
namespace {

std::string lower(std::string_view declared) {
  std::string word(declared);
  std::ranges::transform(word, word.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

/// https://www.sqlite.org/datatype3.html 3.1: the affinity called BLOB, and ANY of strict tables.
bool keeps_types(std::string_view declared) {
  const std::string word = lower(declared);
  const auto has = [&word](std::string_view part) { return word.contains(part); };
  if (word.empty() || word == "any") return true;
  return has("blob") && !has("int") && !has("char") && !has("clob") && !has("text");
}

ColumnType type_of(std::string_view declared) {
  const std::string word = lower(declared);
  const auto has = [&word](std::string_view part) { return word.find(part) != std::string::npos; };
  if (has("datetime") || has("timestamp")) return ColumnType::datetime;
  if (has("date")) return ColumnType::date;
  if (has("json")) return ColumnType::json;
  if (has("int") || has("bool")) return ColumnType::integer;
  if (has("char") || has("text") || has("clob")) return ColumnType::text;
  if (has("blob") || has("binary")) return ColumnType::binary;
  if (has("real") || has("floa") || has("doub")) return ColumnType::floating;
  if (has("dec") || has("num")) return ColumnType::decimal;
  return ColumnType::other;
}

/// Exactly this word makes a primary key the row's own number.
bool is_integer_word(std::string_view declared) {
  return std::ranges::equal(declared, std::string_view("integer"), {},
                            [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
}

/// `datetime(3)`: 3. Without a number 0, the precision of CURRENT_TIMESTAMP.
int decimals_of(std::string_view declared) {
  const std::size_t open = declared.find('(');
  if (open == std::string_view::npos || open + 1 >= declared.size()) return 0;
  const char digit = declared[open + 1];
  return digit >= '0' && digit <= '6' ? digit - '0' : 0;
}

std::string text_at(const Cursor& cursor, std::size_t column) {
  return std::string(cursor.at(column).value_or(""));
}

/// Columns, and the primary key in its own order.
Result<void> read_columns(sqlite3* database, Connection& connection, const std::string& schema,
                          Table& table) {
  const std::string name = split_identifier(table.name).second;
  Result<std::unique_ptr<Cursor>> rows = connection.query(
      "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?, ?)", {{name, schema}});
  if (!rows) return fail(std::move(rows));
  std::vector<std::pair<int, std::string>> key;
  while (true) {
    Result<bool> row = (*rows)->next();
    if (!row) return fail(std::move(row));
    if (!*row) break;
    if (text_at(**rows, 4) == "1") continue;  // A virtual table's own hidden column.
    Column column;
    column.name = text_at(**rows, 0);
    column.declared = text_at(**rows, 1);
    column.type = type_of(column.declared);
    column.keeps_types = keeps_types(column.declared);
    if (column.type == ColumnType::datetime) column.decimals = decimals_of(column.declared);
    const int place_in_key = std::stoi(text_at(**rows, 3));
    column.nullable = text_at(**rows, 2) == "0";
    if (place_in_key > 0) key.emplace_back(place_in_key, column.name);
    const char* collation = nullptr;
    const bool known =
        sqlite3_table_column_metadata(database, schema.c_str(), name.c_str(), column.name.c_str(),
                                      nullptr, &collation, nullptr, nullptr,
                                      nullptr) == SQLITE_OK;  // Views do not tell.
    if (known && collation != nullptr && std::string_view(collation) != "BINARY") {
      column.collation = collation;
    }
    column.compares_bytes = known && column.collation.empty();
    table.columns.push_back(std::move(column));
  }
  std::ranges::sort(key);
  // SQLite lets NULL into a primary key, except where that is the row's own number. (Columns of a
  // key without rowid are marked NOT NULL.)
  for (Column& column : table.columns) {
    const bool only = key.size() == 1 && key.front().second == column.name;
    if (only && is_integer_word(column.declared)) column.nullable = false;
  }
  for (auto& [place, column] : key) table.primary_key.push_back(std::move(column));
  return {};
}

/// One index per group of rows: name, unique, column (NULL for an expression), collation.
Result<void> read_indexes(Connection& connection, const std::string& schema, Table& table) {
  const std::string name = split_identifier(table.name).second;
  Result<std::unique_ptr<Cursor>> rows = connection.query(
      "SELECT l.name, l.\"unique\", x.name, x.coll FROM pragma_index_list(?, ?) AS l,"
      " pragma_index_xinfo(l.name, ?) AS x WHERE l.partial = 0 AND x.key = 1"
      " ORDER BY l.seq, x.seqno",
      {{name, schema, schema}});
  if (!rows) return fail(std::move(rows));
  std::vector<Index> indexes;
  std::vector<std::string> unusable;
  while (true) {
    Result<bool> row = (*rows)->next();
    if (!row) return fail(std::move(row));
    if (!*row) break;
    if (indexes.empty() || indexes.back().name != text_at(**rows, 0)) {
      indexes.push_back({text_at(**rows, 0), {}, text_at(**rows, 1) == "1"});
    }
    const Column* column = table.column(text_at(**rows, 2));
    const std::string collation = text_at(**rows, 3) == "BINARY" ? "" : text_at(**rows, 3);
    if (column == nullptr || column->collation != collation) {
      unusable.push_back(indexes.back().name);
      continue;
    }
    indexes.back().columns.push_back(column->name);
  }
  for (Index& index : indexes) {
    if (std::ranges::find(unusable, index.name) == unusable.end()) {
      table.indexes.push_back(std::move(index));
    }
  }
  return {};
}

}  // namespace

Result<Table> describe_sqlite(sqlite3* database, Connection& connection, std::string_view table) {
  Table described;
  described.name = table;
  std::string schema = split_identifier(table).first;
  if (schema.empty()) schema = "main";
  // The pragmas of an unknown schema are an error, not empty.
  if (sqlite3_db_readonly(database, schema.c_str()) >= 0) {
    if (Result<void> read = read_columns(database, connection, schema, described); !read) {
      return fail(std::move(read).error());
    }
  }
  if (described.columns.empty()) {
    return fail(ErrorKind::not_found, {"SQLite: there is no table {}", "SQLite：没有表 {}"}, table);
  }
  if (Result<void> read = read_indexes(connection, schema, described); !read) {
    return fail(std::move(read).error());
  }
  return described;
}

}  // namespace tidemark::sql
