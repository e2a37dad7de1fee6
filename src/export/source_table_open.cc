// What a table must be like before anything is read of it.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "export/source_table.h"
#include "sql/rows.h"

namespace tidemark::exporter {
namespace {

/// Of values that ranges can be cut by, as typeof() of SQLite names them.
struct KeyKind {
  std::string_view name;
  sql::ColumnType type;
};
constexpr std::array key_kinds = {KeyKind{"integer", sql::ColumnType::integer},
                                  KeyKind{"text", sql::ColumnType::text},
                                  KeyKind{"blob", sql::ColumnType::binary}};

/// Where SQLite does not say what a column of the key holds (an expression of a view), a row does.
/// Compared with a value of another kind, none would lie beyond a position; rows whose key is of
/// another kind are unusable.
Result<void> find_key_types(sql::Connection& connection, const TableSpec& spec, sql::Table& table) {
  for (sql::Column& column : table.columns) {
    if (!column.keeps_types || column.type != sql::ColumnType::other) continue;
    if (std::ranges::find(spec.key, column.name) == spec.key.end()) continue;
    const auto first_kind = [&](std::string_view condition) {
      return sql::query_value(
          connection,
          fmt::format("SELECT typeof({0}) FROM {1} WHERE typeof({0}) {2} LIMIT 1",
                      connection.quoted(column.name), connection.quoted(spec.table), condition));
    };
    // A number with a point may come first, and be the only one.
    Result<std::optional<std::string>> kind = first_kind("IN ('integer', 'text', 'blob')");
    if (kind && !*kind) kind = first_kind("<> 'null'");
    if (!kind) return std::unexpected(kind.error());
    if (!*kind) continue;  // No rows.
    const auto known = std::ranges::find(key_kinds, **kind, &KeyKind::name);
    if (known != key_kinds.end()) {
      column.type = known->type;
    } else {
      return fail(make_error(ErrorKind::invalid_config,
                             {"column {} of {} is no key: it has no type, and holds {}",
                              "{1} 的列 {0} 不能作主键：它没有类型，且含有 {2}"},
                             column.name, spec.table, **kind)
                      .with_hint({"make them texts in a view, CAST({} AS TEXT), or name other "
                                  "columns in export.{}.key",
                                  "请在视图中转为文本（CAST({} AS TEXT)），或在 export.{}.key "
                                  "中指定其他列"},
                                 column.name, spec.name));
    }
  }
  return {};
}

/// Keys are kept and compared as the server shows them, which must tell them apart: rows whose keys
/// look alike would be one row.
Result<void> check_key_types(const sql::Connection& connection, const TableSpec& spec,
                             const sql::Table& table) {
  if (connection.dialect() != sql::Dialect::mysql) return {};
  for (const std::string& name : spec.key) {
    const std::string& declared = table.column(name)->declared;
    // FLOAT shows six digits; BIT shows bytes, with which it does not compare.
    const bool is_bits = declared.starts_with("bit");
    if (!is_bits && !declared.starts_with("float")) continue;
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"column {} of {} is no key: values of {} do not compare with what they "
                    "are shown as",
                    "{1} 的列 {0} 不能作主键：{2} 类型的值与其显示的内容无法比较"},
                   name, spec.table, declared)
            .with_hint({"convert them in a view, CAST({} AS {}), or name other columns in "
                        "export.{}.key",
                        "请在视图中转换（CAST({} AS {})），或在 export.{}.key 中指定其他列"},
                       name, is_bits ? "UNSIGNED" : "DOUBLE", spec.name));
  }
  return {};
}

/// Texts as bytes (CAST to BLOB) are in the encoding of the database, and spell nothing in UTF-8.
Result<void> check_encoding(sql::Connection& connection) {
  if (connection.dialect() != sql::Dialect::sqlite) return {};
  const Result<std::optional<std::string>> encoding =
      sql::query_value(connection, "PRAGMA encoding");
  if (!encoding) return std::unexpected(encoding.error());
  if (encoding->value_or("UTF-8") == "UTF-8") return {};
  return fail(make_error(ErrorKind::unsupported,
                         {"the SQLite database keeps its texts in {}: tenants and countries cannot "
                          "be compared byte by byte",
                          "SQLite 数据库以 {} 保存文本：无法逐字节比较租户和国家"},
                         encoding->value_or(""))
                  .with_hint({"make a copy in UTF-8: sqlite3 OLD .dump | sqlite3 NEW",
                              "请制作 UTF-8 副本：sqlite3 OLD .dump | sqlite3 NEW"}));
}

bool contains_all(const std::vector<std::string>& columns, const std::vector<std::string>& wanted) {
  return std::ranges::all_of(wanted, [&](const std::string& column) {
    return std::ranges::find(columns, column) != columns.end();
  });
}

/// Whether the database itself keeps rows from having one key. Errors: invalid_config, where it has
/// columns that it does so for, and the key is none of them.
Result<bool> is_proven(const TableSpec& spec, const sql::Table& table) {
  std::vector<std::vector<std::string>> unique;
  if (!table.primary_key.empty()) unique.push_back(table.primary_key);
  for (const sql::Index& index : table.indexes) {
    if (index.unique && !index.columns.empty()) unique.push_back(index.columns);
  }
  const auto is_in_key = [&](const auto& columns) { return contains_all(spec.key, columns); };
  if (std::ranges::any_of(unique, is_in_key)) return !table.has_children;
  // The key of a partitioned table has to hold the column that parts it (a date that may change):
  // what is left without it may identify a row as well. A view and a table without anything unique
  // have nothing to prove a key by.
  const auto holds_key = [&](const auto& columns) { return contains_all(columns, spec.key); };
  if (table.indexes.empty() || unique.empty() || std::ranges::any_of(unique, holds_key)) {
    return false;
  }
  return fail(make_error(ErrorKind::invalid_config,
                         {"({1}) of table {0} is neither its primary key nor in a unique index",
                          "表 {0} 的 ({1}) 既不是主键，也不属于任何唯一索引"},
                         spec.table, fmt::join(spec.key, ", "))
                  .with_hint({"rows with equal keys would overwrite each other: choose other "
                              "columns for export.{}.key",
                              "主键相同的行会互相覆盖：请为 export.{}.key 选择其他列"},
                             spec.name));
}

std::string_view kind_of(sql::ColumnType type) {
  const auto known = std::ranges::find(key_kinds, type, &KeyKind::type);
  return known == key_kinds.end() ? "text" : known->name;  // None: the table has no rows.
}

}  // namespace

SourceTable::SourceTable(const sql::Connection& connection, TableSpec spec, Filter filter,
                         sql::Table table)
    : dialect_(connection.dialect()),
      spec_(std::move(spec)),
      filter_(std::move(filter)),
      table_(std::move(table)),
      q_table_(connection.quoted(spec_.table)),
      q_tenant_(connection.quoted(spec_.tenant)),
      q_country_(spec_.country.empty() ? "NULL" : connection.quoted(spec_.country)),
      q_date_(connection.quoted(spec_.date)),
      q_number_(connection.quoted(spec_.number)),
      q_status_(spec_.status.empty() ? "" : connection.quoted(spec_.status)),
      q_payload_(connection.quoted(spec_.payload)),
      q_update_(spec_.update_time.empty() ? "NULL" : connection.quoted(spec_.update_time)) {
  shown_tenant_ = shown(spec_.tenant, q_tenant_);
  shown_country_ = shown(spec_.country, q_country_);
  shown_date_ = shown(spec_.date, q_date_);
  shown_number_ = shown(spec_.number, q_number_);
  const auto leave_out = [this](std::string unusable, std::string usable) {
    unusable_keys_.push_back(std::move(unusable));
    usable_keys_.push_back(std::move(usable));
  };
  for (const std::string& name : spec_.key) {
    const std::string& quoted = q_key_.emplace_back(connection.quoted(name));
    const sql::Column& column = *table_.column(name);
    if (column.nullable) leave_out(quoted + " IS NULL", quoted + " IS NOT NULL");
    if (dialect_ != sql::Dialect::sqlite) continue;
    // Of bytes a range knows, below.
    if (column.keeps_types && column.type != sql::ColumnType::binary) {
      const std::string_view kind = kind_of(column.type);
      leave_out(fmt::format("typeof({}) <> '{}'", quoted, kind),
                fmt::format("typeof({}) = '{}'", quoted, kind));
      continue;
    }
    // SQLite keeps bytes in text columns and texts in those for bytes; all texts are less than all
    // bytes there. The `+` keeps the planner from taking the condition for a range to read.
    if (column.type == sql::ColumnType::text) {
      leave_out(quoted + " >= x''", "+" + quoted + " < x''");
    } else if (column.type == sql::ColumnType::binary) {
      leave_out(quoted + " < x''", "+" + quoted + " >= x''");
    }
  }
  std::ranges::sort(filter_.tenants);
  filter_.tenants.erase(std::ranges::unique(filter_.tenants).begin(), filter_.tenants.end());
  integer_key_ =
      spec_.key.size() == 1 && table_.column(spec_.key[0])->type == sql::ColumnType::integer;
}

std::string SourceTable::shown(const std::string& column, const std::string& quoted) const {
  // The cast leaves the blanks away. By its name ORDER BY would take it for the column.
  return trims(column) ? fmt::format("({}::text || '')", quoted) : quoted;
}

bool SourceTable::trims(std::string_view column) const {
  const sql::Column* known = table_.column(column);
  return known != nullptr && known->padded && !keeps_padding_;
}

bool SourceTable::has_padding() const {
  return std::ranges::any_of(std::array{&spec_.tenant, &spec_.country, &spec_.date, &spec_.number},
                             [&](const auto* name) {
                               const sql::Column* column = table_.column(*name);
                               return column != nullptr && column->padded;
                             });
}

void SourceTable::keep_padding() {
  keeps_padding_ = true;
  shown_tenant_ = q_tenant_;
  shown_country_ = q_country_;
  shown_number_ = q_number_;
  // Else it may be shown in a zone.
  if (table_.column(spec_.date)->padded) shown_date_ = q_date_;
}

std::string_view SourceTable::key_type() const {
  if (integer_key_) return "integer";
  if (spec_.key.size() > 1) return "text";
  const sql::Column& column = *table_.column(spec_.key[0]);
  return column.keeps_types && column.type == sql::ColumnType::other ? "" : "text";
}

Result<SourceTable> SourceTable::open(sql::Connection& connection, TableSpec spec, Filter filter) {
  Result<sql::Table> table = connection.describe(spec.table);
  if (!table) return fail(std::move(table));
  if (spec.key.empty()) spec.key = table->primary_key;
  if (spec.key.empty()) {
    return fail(make_error(ErrorKind::invalid_config,
                           {"table {} has no primary key", "表 {} 没有主键"}, spec.table)
                    .with_hint({"name the columns that identify a row: export.{}.key = \"…\"",
                                "请指定唯一标识一行的列：export.{}.key = \"…\""},
                               spec.name));
  }
  const Result<bool> proven = is_proven(spec, *table);
  if (!proven) return std::unexpected(proven.error());
  std::vector<std::string> wanted = spec.key;
  for (const std::string* column : {&spec.tenant, &spec.country, &spec.date, &spec.number,
                                    &spec.status, &spec.payload, &spec.update_time}) {
    if (!column->empty()) wanted.push_back(*column);
  }
  for (const std::string& column : wanted) {
    if (table->column(column) != nullptr) continue;
    std::vector<std::string> present;
    for (const sql::Column& c : table->columns) present.push_back(c.name);
    return fail(make_error(ErrorKind::not_found, {"table {} has no column {}", "表 {} 没有列 {}"},
                           spec.table, column)
                    .with_hint({"its columns are {}; set the names under [export.{}]",
                                "它的列有 {}；请在 [export.{}] 中设置列名"},
                               fmt::join(present, ", "), spec.name));
  }
  if (Result<void> found = find_key_types(connection, spec, *table); !found) {
    return fail(std::move(found.error()));
  }
  if (Result<void> usable = check_key_types(connection, spec, *table); !usable) {
    return fail(std::move(usable.error()));
  }
  if (Result<void> known = check_encoding(connection); !known) {
    return fail(std::move(known.error()));
  }
  SourceTable opened(connection, std::move(spec), std::move(filter), std::move(*table));
  opened.key_is_proven_ = *proven;
  if (Result<void> looked = opened.look_for_bytes_in_key(connection); !looked) {
    return fail(std::move(looked.error()));
  }
  return opened;
}

Result<bool> SourceTable::holds_bytes(sql::Connection& connection,
                                      const std::string& quoted) const {
  // All texts and numbers are less than all bytes.
  const Result<std::optional<std::string>> found = sql::query_value(
      connection, fmt::format("SELECT 1 FROM {} WHERE {} >= x'' LIMIT 1", q_table_, quoted));
  if (!found) return std::unexpected(found.error());
  return found->has_value();
}

Result<void> SourceTable::look_for_bytes_in_key(sql::Connection& connection) {
  if (dialect_ != sql::Dialect::sqlite) return {};
  for (std::size_t i = 0; i < spec_.key.size(); ++i) {
    const sql::Column& column = *table_.column(spec_.key[i]);
    // Of these the constructor knows.
    if (column.keeps_types || column.type == sql::ColumnType::text ||
        column.type == sql::ColumnType::binary) {
      continue;
    }
    const Result<bool> any = holds_bytes(connection, q_key_[i]);
    if (!any) return std::unexpected(any.error());
    if (!*any) continue;
    unusable_keys_.push_back(q_key_[i] + " >= x''");
    usable_keys_.push_back("+" + q_key_[i] + " < x''");
  }
  return {};
}

Result<void> SourceTable::check_update_time(sql::Connection& connection) const {
  using enum sql::ColumnType;
  const sql::Column* column = update_column();
  if (column == nullptr) return {};
  if (column->type != integer && column->type != decimal && column->type != floating) return {};
  if (dialect_ == sql::Dialect::sqlite) {
    // Any column holds any value there, and a copy of a table forgets that it held times. Numbers
    // are less than every text.
    const Result<std::optional<std::string>> number = sql::query_value(
        connection, fmt::format("SELECT 1 FROM {} WHERE {} < '' LIMIT 1", q_table_, q_update_));
    if (!number) return std::unexpected(number.error());
    if (!*number) return {};
  }
  return fail(
      make_error(ErrorKind::invalid_config,
                 {"column {} of {} is {}: no time that windows can be cut by",
                  "表 {1} 的列 {0} 为 {2}：不是可以划分窗口的时间"},
                 column->name, spec_.table, column->declared)
          .with_hint({"name a column with date and time in export.{0}.update_time_column, "
                      "such as one of a view; or leave it empty and export in full",
                      "请在 export.{0}.update_time_column 中指定日期时间列（例如来自视图）；"
                      "或将其留空并使用全量导出"},
                     spec_.name));
}

Result<std::vector<std::string>> SourceTable::look_for_bytes(sql::Connection& connection) {
  std::vector<std::string> columns;
  if (dialect_ != sql::Dialect::sqlite) return columns;
  for (sql::Column& column : table_.columns) {
    const bool compared =
        column.name == spec_.tenant ||
        (column.name == spec_.country && (filter_.groups || !filter_.countries.empty()));
    if (!compared || column.keeps_types) continue;
    const Result<bool> found = holds_bytes(connection, connection.quoted(column.name));
    if (!found) return std::unexpected(found.error());
    if (!*found) continue;
    column.keeps_types = true;
    columns.push_back(column.name);
  }
  return columns;
}

}  // namespace tidemark::exporter
