#include "export/source_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "export/source_builder.h"
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
  shown_date_ = q_date_;
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
  // A view has no indexes to prove it by.
  const auto is_unique = [&](const sql::Index& index) {
    return index.unique && index.columns == spec.key;
  };
  if (spec.key != table->primary_key && !table->indexes.empty() &&
      std::ranges::none_of(table->indexes, is_unique)) {
    return fail(make_error(ErrorKind::invalid_config,
                           {"no unique index of table {} is on exactly ({})",
                            "表 {} 没有恰好建在 ({}) 上的唯一索引"},
                           spec.table, fmt::join(spec.key, ", "))
                    .with_hint({"rows with equal keys would overwrite each other: choose other "
                                "columns for export.{}.key",
                                "主键相同的行会互相覆盖：请为 export.{}.key 选择其他列"},
                               spec.name));
  }
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
  if (Result<void> known = check_encoding(connection); !known) {
    return fail(std::move(known.error()));
  }
  SourceTable opened(connection, std::move(spec), std::move(filter), std::move(*table));
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

Statement SourceTable::select(const Slice& slice) const {
  Builder builder(*this);
  // A column that is shown in its own text form only; the order is that of enum Field.
  builder.text("SELECT ")
      .joined({q_tenant_, q_country_, shown_date_, q_number_, q_payload_, q_update_}, ", ")
      .text(", ")
      .joined(q_key_, ", ");
  return builder.from_read(slice).order(slice).take();
}

Statement SourceTable::count(const Slice& slice) const {
  return Builder(*this).text("SELECT COUNT(*)").from_read(slice).take();
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

void SourceTable::show_date_in(const std::string& zone) {
  if (!table_.column(spec_.date)->with_zone) return;
  std::string literal = "'";
  for (const char c : zone) literal += c == '\'' ? "''" : std::string(1, c);
  literal += "'";
  if (dialect_ == sql::Dialect::mysql) {
    // Zero dates have no instant; they stay as they are.
    shown_date_ = fmt::format("COALESCE(CONVERT_TZ({0}, '+00:00', {1}), {0})", q_date_,
                              zone.empty() ? "@@global.time_zone" : literal);
  } else if (dialect_ == sql::Dialect::postgres) {
    // An offset is an interval: as a text its sign would mean the opposite.
    const bool offset = zone.starts_with('+') || zone.starts_with('-');
    shown_date_ =
        fmt::format("({} AT TIME ZONE {})", q_date_,
                    zone.empty() ? "(SELECT reset_val FROM pg_settings WHERE name = 'TimeZone')"
                    : offset     ? "INTERVAL " + literal + " HOUR TO MINUTE"
                                 : literal);
  }
}

std::optional<Statement> SourceTable::count_unusable_keys(const Slice& slice) const {
  if (unusable_keys_.empty()) return std::nullopt;
  return Builder(*this).text("SELECT COUNT(*)").from_unusable_keys(slice).take();
}

std::optional<std::string> SourceTable::no_time_condition() const {
  const sql::Column* column = update_column();
  if (column == nullptr) return std::nullopt;
  const std::string other_text = fmt::format("{0} <> '' AND {0} NOT LIKE '____-__-__%'", q_update_);
  if (dialect_ == sql::Dialect::sqlite) {
    // Any column holds any value there.
    return fmt::format("(typeof({0}) NOT IN ('null', 'text') OR (typeof({0}) = 'text' AND {1}))",
                       q_update_, other_text);
  }
  if (column->type != sql::ColumnType::text) return std::nullopt;
  return fmt::format("({})", other_text);
}

std::vector<std::string> wanted_index_columns(const TableSpec& spec) {
  if (spec.status.empty()) return {spec.tenant, spec.update_time};
  return {spec.tenant, spec.status, spec.update_time};
}

std::optional<Statement> SourceTable::count_no_times(const Slice& slice) const {
  const std::optional<std::string> no_time = no_time_condition();
  if (!no_time || !slice.window) return std::nullopt;
  const std::string stamp = fmt::format("SELECT {} AS stamp", q_update_);
  Builder builder(*this);
  constexpr std::string_view counted = "SELECT COUNT(*), MIN(stamp) FROM (";
  if (!has_wanted_index()) {
    builder.text(counted).text(stamp).from_odd(slice, *no_time);
    return builder.text(") AS no_times").take();
  }
  if (dialect_ != sql::Dialect::sqlite) {
    const auto also = [&](std::string_view range) {
      return fmt::format("{} {} AND {}", q_update_, range, *no_time);
    };
    return builder.text(counted)
        .text(stamp)
        .from_odd(slice, also("> ?"))
        .param(slice.window->after.text())
        .text(" UNION ALL ")
        .text(stamp)
        .from_odd(slice, also("< '1970-'"))
        .text(") AS no_times")
        .take();
  }
  // Times of one year lie between `2025-` and `2025-:`. What lies elsewhere the index finds without
  // reading any time: the cost does not depend on how many rows there are.
  const std::string upto = slice.window->upto.text();
  return builder
      .text(
          "WITH RECURSIVE year(before_it, begins) AS (SELECT '', '1970-' UNION ALL SELECT "
          "begins || ':', (CAST(begins AS INTEGER) + 1) || '-' FROM year WHERE begins < ?) ")
      .param(upto.substr(0, upto.find('-') + 1))
      .text(counted)
      .text(stamp)
      .from_odd(
          slice,
          fmt::format("{0} >= year.before_it AND {0} < year.begins AND {1}", q_update_, *no_time),
          "year")
      .text(" UNION ALL ")
      .text(stamp)
      .from_odd(slice, fmt::format("{} < ''", q_update_))
      .text(" UNION ALL ")
      .text(stamp)
      .from_odd(slice, fmt::format("{} > ? AND {}", q_update_, *no_time))
      .param(upto)
      .text(") AS no_times")
      .take();
}

void SourceTable::set_groups(std::vector<std::pair<std::string, std::string>> groups) {
  for (auto& [tenant, country] : groups) {
    if (country.empty()) country = unknown_country;
  }
  std::ranges::sort(groups);
  groups.erase(std::ranges::unique(groups).begin(), groups.end());
  filter_.groups = std::move(groups);
}

bool SourceTable::may_have(const std::string& tenant) const {
  return !filter_.groups ||
         std::ranges::binary_search(*filter_.groups, tenant, {},
                                    [](const auto& group) { return group.first; });
}

std::size_t SourceTable::batches() const {
  const std::size_t entries = filter_.groups ? filter_.groups->size() : filter_.tenants.size();
  return std::max<std::size_t>(1, (entries + entries_per_batch - 1) / entries_per_batch);
}

Statement SourceTable::probe(const Slice& slice, std::uint64_t rows) const {
  Builder builder(*this);
  builder.text("SELECT ").text(q_update_).text(", ").joined(q_key_, ", ");
  return builder.from_read(slice)
      .order(slice)
      .text(fmt::format(" LIMIT 1 OFFSET {}", rows - 1))
      .take();
}

Statement SourceTable::of_status(const std::optional<std::string>& tenant) const {
  Builder builder(*this);
  builder.text(" FROM ").text(q_table_).text(" WHERE ").equal_status();
  if (tenant) builder.text(" AND ").equal_tenant(*tenant);
  return builder.take();
}

bool SourceTable::has_wanted_index() const {
  return !tenant_column().keeps_types && table_.index_on(wanted_index_columns(spec_)) != nullptr;
}

Statement SourceTable::exists(const Slice& slice) const {
  return Builder(*this).text("SELECT 1").from_where(slice).text(" LIMIT 1").take();
}

Statement SourceTable::has_rows_of(const std::string& tenant) const {
  return Builder(*this)
      .text("SELECT 1 FROM ")
      .text(q_table_)
      .text(" WHERE 1 = 1")
      .and_tenant(tenant)
      .text(" LIMIT 1")
      .take();
}

Statement SourceTable::tenants() const {
  if (tenant_column().keeps_types) {
    // 7 and 7.0 are equal, and shown as two tenants.
    return Builder(*this)
        .text(fmt::format("SELECT DISTINCT {0} COLLATE BINARY, typeof({0}) FROM {1}", q_tenant_,
                          q_table_))
        .take();
  }
  // A loose scan over the index: MySQL does it for DISTINCT by itself; the others are told how.
  if (dialect_ == sql::Dialect::mysql || table_.index_on({spec_.tenant}) == nullptr) {
    return Builder(*this)
        .text(fmt::format("SELECT DISTINCT {} FROM {}", q_tenant_, q_table_))
        .take();
  }
  if (dialect_ == sql::Dialect::postgres) {
    // It has no MIN() of a uuid, nor of a boolean.
    const auto least = [&](std::string_view condition) {
      return fmt::format("(SELECT {0} FROM {1} WHERE {0} {2} ORDER BY {0} LIMIT 1)", q_tenant_,
                         q_table_, condition);
    };
    return Builder(*this)
        .text(fmt::format(
            "WITH RECURSIVE distinct_tenant(tenant) AS ({2} UNION ALL "
            "SELECT {3} FROM distinct_tenant WHERE tenant IS NOT NULL) "
            "SELECT tenant FROM distinct_tenant WHERE tenant IS NOT NULL "
            "UNION ALL SELECT NULL WHERE EXISTS (SELECT 1 FROM {1} WHERE {0} IS NULL)",
            q_tenant_, q_table_, least("IS NOT NULL"), least("> distinct_tenant.tenant")))
        .take();
  }
  const std::string next = fmt::format(
      "SELECT MIN({0}) FROM {1} WHERE {0} > distinct_tenant.tenant", q_tenant_, q_table_);
  return Builder(*this)
      .text(fmt::format("WITH RECURSIVE distinct_tenant(tenant) AS ("
                        "SELECT MIN({0}) FROM {1} UNION ALL "
                        "SELECT ({2}) FROM distinct_tenant WHERE tenant IS NOT NULL) "
                        "SELECT tenant FROM distinct_tenant WHERE tenant IS NOT NULL "
                        "UNION ALL SELECT NULL WHERE EXISTS (SELECT 1 FROM {1} WHERE {0} IS NULL)",
                        q_tenant_, q_table_, next))
      .take();
}

Statement SourceTable::tenant_bytes(const std::optional<std::string>& tenant,
                                    const watermark::Window& window) const {
  Builder builder(*this);
  builder.text("SELECT DISTINCT ").text(builder.bytes_of(tenant_column(), q_tenant_));
  builder.from_exportable().and_window(window);
  if (tenant) builder.text(" AND ").equal_tenant(*tenant);
  return builder.take();
}

Statement SourceTable::groups(std::uint64_t limit) const {
  Builder builder(*this);
  const sql::Column* const of_country =
      spec_.country.empty() ? nullptr : table_.column(spec_.country);
  const auto distinct = [&](const sql::Column& column, const std::string& quoted) {
    std::string bytes = builder.bytes_of(column, quoted);
    if (dialect_ != sql::Dialect::sqlite || column.type == sql::ColumnType::text) return bytes;
    // As texts of 15 digits, numbers that differ are one.
    return fmt::format("CASE typeof({0}) WHEN 'real' THEN {0} ELSE {1} END", quoted, bytes);
  };
  const auto shown = [&](const sql::Column& column, const std::string& quoted) {
    if (dialect_ == sql::Dialect::postgres && column.declared == "uuid") {
      return "MIN(" + quoted + "::text)";
    }
    const bool is_boolean = dialect_ == sql::Dialect::postgres && column.declared == "boolean";
    return (is_boolean ? "bool_and(" : "MIN(") + quoted + ")";
  };
  const std::string tenant = distinct(tenant_column(), q_tenant_);
  const std::string country = of_country == nullptr ? "NULL" : distinct(*of_country, q_country_);
  // MIN() of the plain columns: their text, for the client; grouped and ordered by bytes.
  builder.text(fmt::format("SELECT {}, {}", shown(tenant_column(), q_tenant_),
                           of_country == nullptr ? "MIN(NULL)" : shown(*of_country, q_country_)));
  // The others sort NULL first by themselves.
  const std::string_view nulls = dialect_ == sql::Dialect::postgres ? " NULLS FIRST" : "";
  return builder.from_where({})
      .text(fmt::format(" GROUP BY {0}, {1} ORDER BY {0}{3}, {1}{3} LIMIT {2}", tenant, country,
                        limit, nulls))
      .take();
}

Statement SourceTable::estimate() const {
  switch (dialect_) {
    case sql::Dialect::mysql:
      return Builder(*this)
          .text(
              "SELECT table_rows FROM information_schema.tables WHERE table_schema = "
              "COALESCE(?, DATABASE()) AND table_name = ?")
          .param(spec_.table.contains('.')
                     ? sql::Value(spec_.table.substr(0, spec_.table.find('.')))
                     : sql::Value())
          .param(spec_.table.substr(spec_.table.find('.') + 1))
          .take();
    case sql::Dialect::postgres:
      return Builder(*this)
          .text("SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = ?::regclass")
          .param(q_table_)
          .take();
    case sql::Dialect::sqlite:
      return Builder(*this).text("SELECT COUNT(*) FROM ").text(q_table_).take();
  }
  return {};
}

Position position_from(const sql::Cursor& row, const SourceTable& table, bool in_window) {
  Position position;
  if (in_window) position.update_time = row.at(0).value_or("");
  std::vector<std::string_view> key;
  for (std::size_t i = 0; i < table.key_columns(); ++i) key.push_back(row.at(1 + i).value_or(""));
  position.key = Key::from_columns(key, table.integer_key());
  return position;
}

}  // namespace tidemark::exporter
