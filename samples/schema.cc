#include "samples/schema.h"

#include <fmt/format.h>

#include <array>
#include <memory>

namespace tidemark::samples {
namespace {

using sql::Dialect;

/// Tenants, countries and numbers are told apart by their bytes, but for trailing blanks on MySQL,
/// whose servers have no binary collation without padding in common.
std::string_view table_options(Dialect dialect) {
  return dialect == Dialect::mysql
             ? " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC"
             : "";
}

std::string text_type(Dialect dialect, int characters) {
  if (dialect == Dialect::sqlite) return "TEXT";
  return fmt::format("VARCHAR({}){}", characters,
                     dialect == Dialect::postgres ? R"( COLLATE "C")" : "");
}

std::string time_type(Dialect dialect, int decimals) {
  if (dialect == Dialect::postgres) return fmt::format("TIMESTAMP({}) WITHOUT TIME ZONE", decimals);
  return decimals == 0 ? "DATETIME" : fmt::format("DATETIME({})", decimals);
}

std::string column_type(Dialect dialect, std::string_view column) {
  if (column == "minor_units") return "INTEGER";
  if (column == "code") return text_type(dialect, 16) + " NOT NULL";
  if (column == "country_code") return text_type(dialect, 32);
  if (column == "numeric_code") return text_type(dialect, 8);
  return text_type(dialect, 255);
}

}  // namespace

std::span<const std::string> invoice_columns() {
  static const std::array<std::string, 8> columns = {"fid",         "ftenant_id",  "fcountry",
                                                     "fissue_date", "finvoice_no", "fissue_status",
                                                     "fext_field",  "fupdate_time"};
  return columns;
}

std::string create_invoice_table(const sql::Connection& connection, std::string_view table,
                                 int update_decimals) {
  const Dialect dialect = connection.dialect();
  // SQLite: INTEGER (not BIGINT) makes the key the row id, so that ranges of it are read in order.
  return fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (fid {} NOT NULL PRIMARY KEY, ftenant_id {} NOT NULL, "
      "fcountry {} NULL, "
      "fissue_date {} NULL, finvoice_no {} NULL, fissue_status INTEGER NOT NULL, "
      "fext_field {} NULL, fupdate_time {} NULL){}",
      connection.quoted(table), dialect == Dialect::sqlite ? "INTEGER" : "BIGINT",
      text_type(dialect, 64), text_type(dialect, 32), time_type(dialect, 0),
      text_type(dialect, 128), dialect == Dialect::mysql ? "LONGTEXT" : "TEXT",
      time_type(dialect, update_decimals), table_options(dialect));
}

std::string create_invoice_index(const sql::Connection& connection, std::string_view table) {
  // SQLite and PostgreSQL keep one name space of indexes for all tables.
  const std::string_view bare = table.substr(table.rfind('.') + 1);
  std::string name = "idx_incremental_export";
  if (bare != "t_invoice") name += fmt::format("_{}", bare);
  return fmt::format("CREATE INDEX {} ON {} (ftenant_id, fissue_status, fupdate_time)",
                     connection.quoted(name), connection.quoted(table));
}

const ReferenceTable& currencies() {
  static const ReferenceTable table{
      "t_currency", {"code", "name", "name_zh", "numeric_code", "minor_units", "symbol"}};
  return table;
}

const ReferenceTable& invoice_types() {
  static const ReferenceTable table{"t_invoice_type", {"code", "name", "name_zh"}};
  return table;
}

const ReferenceTable& units() {
  static const ReferenceTable table{
      "t_uom_code", {"code", "name", "name_zh", "symbol", "country_code"}, true};
  return table;
}

const ReferenceTable& tax_categories() {
  static const ReferenceTable table{
      "t_tax_category_code", {"code", "name", "name_zh", "country_code"}, true};
  return table;
}

const ReferenceTable& payment_means() {
  static const ReferenceTable table{
      "t_payment_means", {"code", "name", "name_zh", "country_code"}, true};
  return table;
}

std::string create_reference_table(const sql::Connection& connection, const ReferenceTable& table) {
  std::string columns;
  for (const std::string& column : table.columns) {
    columns += fmt::format("{} {}, ", connection.quoted(column),
                           column_type(connection.dialect(), column));
  }
  // A key of (country, code) would forbid NULL countries; UNIQUE allows them everywhere.
  return fmt::format("CREATE TABLE IF NOT EXISTS {} ({}{}){}", connection.quoted(table.name),
                     columns,
                     table.by_country ? "UNIQUE (country_code, code)" : "PRIMARY KEY (code)",
                     table_options(connection.dialect()));
}

Result<void> prepare_table(sql::Connection& connection, std::string_view table,
                           const std::string& ddl, IfNotEmpty policy) {
  const std::string name = connection.quoted(table);
  if (policy == IfNotEmpty::replace) {
    Result<std::int64_t> dropped = connection.execute("DROP TABLE IF EXISTS " + name);
    if (!dropped) return fail(std::move(dropped));
  }
  if (Result<std::int64_t> created = connection.execute(ddl); !created) {
    return fail(std::move(created));
  }
  if (policy != IfNotEmpty::fail) return {};
  Result<std::optional<std::string>> row =
      sql::query_value(connection, "SELECT 1 FROM " + name + " LIMIT 1");
  if (!row) return fail(std::move(row));
  if (row->has_value()) {
    return fail(make_error(ErrorKind::usage, {"table {} already has rows", "表 {} 已有数据"}, table)
                    .with_hint({"add --replace to drop it and make it anew, or name another table",
                                "加 --replace 删除后重建，或换一个表名"}));
  }
  return {};
}

}  // namespace tidemark::samples
