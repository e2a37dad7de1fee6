#include "sql/postgres/postgres_schema.h"

#include <charconv>
#include <map>

#include "sql/identifier.h"

namespace tidemark::sql {
namespace {

ColumnType type_of(const std::string& name) {
  static const std::map<std::string, ColumnType, std::less<>> types = {
      {"int2", ColumnType::integer},       {"int4", ColumnType::integer},
      {"int8", ColumnType::integer},       {"numeric", ColumnType::decimal},
      {"float4", ColumnType::floating},    {"float8", ColumnType::floating},
      {"text", ColumnType::text},          {"varchar", ColumnType::text},
      {"bpchar", ColumnType::text},        {"name", ColumnType::text},
      {"bytea", ColumnType::binary},       {"json", ColumnType::json},
      {"jsonb", ColumnType::json},         {"date", ColumnType::date},
      {"timestamp", ColumnType::datetime}, {"timestamptz", ColumnType::datetime},
  };
  const auto found = types.find(name);
  return found == types.end() ? ColumnType::other : found->second;
}

int number(std::optional<std::string_view> text) {
  int value = -1;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

std::string text_at(const Cursor& cursor, std::size_t column) {
  return std::string(cursor.at(column).value_or(""));
}

Result<std::string> find_table(Connection& connection, std::string_view table) {
  const auto [schema, name] = split_identifier(table);
  Result<std::optional<std::string>> oid =
      query_value(connection,
                  "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                  " WHERE c.relname = ? AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
                  " AND CASE WHEN ? = '' THEN pg_table_is_visible(c.oid) ELSE n.nspname = ? END",
                  Values{name, schema, schema});
  if (!oid) return fail(std::move(oid));
  const std::optional<std::string>& found = *oid;
  if (!found) {
    return fail(ErrorKind::not_found, {"PostgreSQL: there is no table {}", "PostgreSQL：没有表 {}"},
                table);
  }
  return *found;
}

Result<void> read_columns(Connection& connection, const std::string& oid, Table& table) {
  // A domain is read as what it is made of. Its modifier (precision) stands in the domain.
  Result<std::unique_ptr<Cursor>> rows = connection.query(
      "SELECT a.attname, coalesce(b.typname, t.typname), format_type(a.atttypid, a.atttypmod),"
      " a.attnotnull, CASE WHEN t.typtype = 'd' THEN t.typtypmod ELSE a.atttypmod END,"
      " CASE WHEN l.collname = 'default' THEN '' ELSE l.collname END, l.collisdeterministic,"
      " t.typtype"
      " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
      " LEFT JOIN pg_type b ON b.oid = t.typbasetype AND t.typtype = 'd'"
      " LEFT JOIN pg_collation l ON l.oid = a.attcollation"
      " WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
      Values{oid});
  if (!rows) return fail(std::move(rows));
  while (true) {
    Result<bool> row = (*rows)->next();
    if (!row) return fail(std::move(row));
    if (!*row) return {};
    const std::string type = text_at(**rows, 1);
    const int modifier = number((*rows)->at(4));
    Column column;
    column.name = text_at(**rows, 0);
    column.type = type_of(type);
    column.declared = text_at(**rows, 2);
    column.nullable = text_at(**rows, 3) == "f";
    if (column.type == ColumnType::datetime) column.decimals = modifier < 0 ? 6 : modifier;
    column.with_zone = type == "timestamptz";
    column.collation = text_at(**rows, 5);
    column.padded = type == "bpchar";
    switch (column.type) {
      case ColumnType::text:
        column.compares_bytes = text_at(**rows, 6) == "t";
        break;
      case ColumnType::decimal:
        column.compares_bytes = modifier >= 0;  // Else 1.0 = 1.00, and both stay as written.
        break;
      case ColumnType::json:
        column.compares_bytes = false;
        break;
      case ColumnType::other:
        column.compares_bytes = type == "uuid" || type == "bool" || text_at(**rows, 7) == "e";
        break;
      default:
        break;
    }
    table.columns.push_back(std::move(column));
  }
}

Result<void> read_indexes(Connection& connection, const std::string& oid, Table& table) {
  Result<std::unique_ptr<Cursor>> rows = connection.query(
      "SELECT i.relname, x.indisunique, x.indisprimary, a.attname,"
      " a.attcollation = x.indcollation[k.place - 1] AND o.opcdefault"
      " FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
      " JOIN pg_am m ON m.oid = i.relam AND m.amname = 'btree'"
      " CROSS JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)"
      " LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum"
      "  AND k.attnum > 0"
      " LEFT JOIN pg_opclass o ON o.oid = x.indclass[k.place - 1]"
      " WHERE x.indrelid = ? AND x.indpred IS NULL AND x.indisvalid AND k.place <= x.indnkeyatts"
      " ORDER BY x.indisprimary DESC, i.relname, k.place",
      Values{oid});
  if (!rows) return fail(std::move(rows));
  bool cut = false;
  while (true) {
    Result<bool> row = (*rows)->next();
    if (!row) return fail(std::move(row));
    if (!*row) return {};
    const std::string name = text_at(**rows, 0);
    if (table.indexes.empty() || table.indexes.back().name != name) {
      table.indexes.push_back({name, {}, text_at(**rows, 1) == "t"});
      cut = false;
    }
    Index& index = table.indexes.back();
    if (text_at(**rows, 4) != "t") {
      cut = true;
      index.unique = false;
    }
    if (!cut) index.columns.push_back(text_at(**rows, 3));
    if (text_at(**rows, 2) == "t") table.primary_key.push_back(text_at(**rows, 3));
  }
}

Result<void> look_for_children(Connection& connection, const std::string& oid, Table& table) {
  const Result<std::optional<std::string>> child =
      query_value(connection,
                  "SELECT 1 FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhparent"
                  " WHERE h.inhparent = ? AND c.relkind <> 'p' LIMIT 1",
                  Values{oid});
  if (!child) return std::unexpected(child.error());
  table.has_children = child->has_value();
  return {};
}

}  // namespace

Result<Table> describe_postgres(Connection& connection, std::string_view table) {
  Result<std::string> oid = find_table(connection, table);
  if (!oid) return fail(std::move(oid).error());
  Table described;
  described.name = table;
  if (Result<void> read = read_columns(connection, *oid, described); !read) {
    return fail(std::move(read).error());
  }
  if (Result<void> read = read_indexes(connection, *oid, described); !read) {
    return fail(std::move(read).error());
  }
  if (Result<void> looked = look_for_children(connection, *oid, described); !looked) {
    return fail(std::move(looked).error());
  }
  return described;
}

}  // namespace tidemark::sql
