#include "export/source_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "export/source_builder.h"

namespace tidemark::exporter {

Statement SourceTable::select(const Slice& slice) const {
  return Builder(*this)
      .text("SELECT ")
      .joined(shown_columns(), ", ")
      .from_read(slice)
      .order(slice)
      .take();
}

std::vector<std::string> SourceTable::shown_columns() const {
  // A column that is shown in its own text form only; the order is that of enum Field.
  std::vector<std::string> columns = {shown_tenant_, shown_country_, shown_date_,
                                      shown_number_, q_payload_,     q_update_};
  columns.insert(columns.end(), q_key_.begin(), q_key_.end());
  return columns;
}

Statement SourceTable::count(const Slice& slice) const {
  return Builder(*this).text("SELECT COUNT(*)").from_read(slice).take();
}

bool SourceTable::holds_whole_keys(const Slice& slice) const {
  return !slice.window && !slice.tenant && !filter_.groups && filter_.tenants.empty() &&
         filter_.countries.empty();
}

std::vector<std::string> SourceTable::moving_key_columns() const {
  std::vector<std::string> columns;
  for (const std::string& column : spec_.key) {
    if (column == spec_.tenant || column == spec_.country || column == spec_.date ||
        column == spec_.number) {
      columns.push_back(column);
    }
  }
  return columns;
}

std::size_t SourceTable::keys_per_statement() const {
  constexpr std::size_t values_max = 512;  // A chunk is 1,024 rows at most.
  return std::max<std::size_t>(values_max / key_columns(), 1);
}

Statement SourceTable::rows_with(std::span<const Key> keys, bool exactly) const {
  return Builder(*this).text("SELECT ").joined(q_key_, ", ").from_keys(keys, exactly).take();
}

Statement SourceTable::whole_rows_with(std::span<const Key> keys) const {
  return Builder(*this).text("SELECT ").joined(shown_columns(), ", ").from_keys(keys, true).take();
}

bool SourceTable::takes(std::string_view tenant, std::string_view country) const {
  // As the server compares them, where the rows come with the blanks that fill them up.
  const auto trimmed = [this](std::string_view column, std::string_view text) {
    const sql::Column* known = table_.column(column);
    if (known == nullptr || !known->padded) return text;
    return text.substr(0, text.find_last_not_of(' ') + 1);
  };
  const auto is_none = [](std::string_view name) {
    return name.empty() || name == unknown_country;
  };
  const std::string_view plain = trimmed(spec_.country, country);
  const auto is_country = [&](std::string_view wanted) {
    return spec_.country.empty() || trimmed(spec_.country, wanted) == plain ||
           (is_none(wanted) && is_none(plain));
  };
  if (filter_.groups) {
    return std::ranges::any_of(*filter_.groups, [&](const auto& group) {
      return group.first == tenant && is_country(group.second);
    });
  }
  const auto is_tenant = [&, name = trimmed(spec_.tenant, tenant)](std::string_view wanted) {
    return trimmed(spec_.tenant, wanted) == name;
  };
  return (filter_.tenants.empty() || std::ranges::binary_search(filter_.tenants, tenant) ||
          (tenant.ends_with(' ') && std::ranges::any_of(filter_.tenants, is_tenant))) &&
         (filter_.countries.empty() || std::ranges::any_of(filter_.countries, is_country));
}

Statement SourceTable::doubled_keys(std::optional<std::uint64_t> rows_max,
                                    std::uint64_t keys_max) const {
  Builder builder(*this);
  std::vector<std::string> shown = q_key_;
  std::vector<std::string> grouped = q_key_;
  for (std::size_t i = 0; i < q_key_.size(); ++i) {
    // Keys are told apart by their bytes.
    const sql::Column& column = *table_.column(spec_.key[i]);
    // Equal is not alike: NUMERIC 1.0 and 1.00.
    const bool is_text = column.type == sql::ColumnType::text;
    if (column.type == sql::ColumnType::integer || (is_text && column.compares_bytes)) continue;
    grouped.push_back(fmt::format("bytes{}", i));
    shown.push_back(fmt::format("{} AS {}", builder.bytes_of(column, q_key_[i]), grouped.back()));
  }
  return builder.text("SELECT ")
      .joined(q_key_, ", ")
      .text(" FROM (SELECT ")
      .joined(shown, ", ")
      .from_usable()
      .text(rows_max ? fmt::format(" LIMIT {}", *rows_max) : "")
      .text(") AS some_rows GROUP BY ")
      .joined(grouped, ", ")
      .text(fmt::format(" HAVING COUNT(*) > 1 LIMIT {}", keys_max))
      .take();
}

Statement SourceTable::count_upto(std::uint64_t rows_max) const {
  return Builder(*this)
      .text("SELECT COUNT(*) FROM (SELECT 1 AS one")
      .from_usable()
      .text(fmt::format(" LIMIT {}) AS some_rows", rows_max))
      .take();
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
  // A day alone lies before all times of it: windows that end in the day have passed it by. With a
  // time that is cut to minutes the margin deals.
  const std::string other_text =
      stamps_whole_days() ? fmt::format("{0} <> '' AND {0} NOT LIKE '____-__-__%'", q_update_)
                          : fmt::format(
                                "{0} <> '' AND {0} NOT LIKE '____-__-__ __:__%' AND {0} NOT LIKE "
                                "'____-__-__T__:__%' AND {0} NOT LIKE '0000-00-00%'",
                                q_update_);
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
    // A day alone of before the watermark's holds the tenant up no more, as where there is the
    // index: the sweep tells it, or every table that has such days from long ago would never go on.
    const std::string after = slice.window->after.text();
    builder.text(counted).text(stamp).from_odd(
        slice, fmt::format("{1} AND ({0} NOT LIKE '____-__-__' OR {0} >= ?)", q_update_, *no_time));
    return builder.param(after.substr(0, after.find(' '))).text(") AS no_times").take();
  }
  // Of the rows that were not there when the last window ended: a day alone lies before the times
  // that it stands for.
  const std::string after = slice.window->after.text();
  const std::string day = after.substr(0, after.find(' '));
  const std::string minute = after.substr(0, after.rfind(':'));
  builder.text(dialect_ == sql::Dialect::sqlite
                   // Times of one year lie between `2025-` and `2025-:`. What lies elsewhere the
                   // index finds without reading any time.
                   ? "WITH RECURSIVE year(before_it, begins) AS (SELECT '', '1970-' UNION ALL "
                     "SELECT begins || ':', (CAST(begins AS INTEGER) + 1) || '-' FROM year WHERE "
                     "begins < ?) "
                   : "");
  if (dialect_ == sql::Dialect::sqlite) builder.param(day.substr(0, day.find('-') + 1));
  builder.text(counted)
      .text(stamp)
      .from_odd(slice, fmt::format("{0} >= ? AND {0} < ? AND {1}", q_update_, *no_time))
      .param(day)
      .param(day + " 0")
      .text(" UNION ALL ")
      .text(stamp)
      .from_odd(slice, fmt::format("{} >= ? AND {}", q_update_, *no_time))
      .param(minute)
      .text(" UNION ALL ")
      .text(stamp);
  if (dialect_ != sql::Dialect::sqlite) {
    builder.from_odd(slice, fmt::format("{} < '1970-' AND {}", q_update_, *no_time));
  } else {
    builder
        .from_odd(
            slice,
            fmt::format("{0} >= year.before_it AND {0} < year.begins AND {1}", q_update_, *no_time),
            "year")
        .text(" UNION ALL ")
        .text(stamp)
        .from_odd(slice, fmt::format("{} < ''", q_update_));
  }
  return builder.text(") AS no_times").take();
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
  return Builder(*this).text(list_tenants(shown_listed_tenant())).take();
}

std::string SourceTable::list_tenants(std::string_view shown) const {
  if (tenant_column().keeps_types) {
    // 7 and 7.0 are equal, and shown as two tenants.
    return fmt::format("SELECT DISTINCT {0} COLLATE BINARY, typeof({0}) FROM {1}", q_tenant_,
                       q_table_);
  }
  // A loose scan over the index: MySQL does it for DISTINCT by itself; the others are told how.
  if (dialect_ == sql::Dialect::mysql || table_.index_on({spec_.tenant}) == nullptr) {
    return fmt::format("SELECT DISTINCT {} FROM {}", shown_tenant_, q_table_);
  }
  if (dialect_ == sql::Dialect::postgres) {
    // It has no MIN() of a uuid, nor of a boolean.
    const auto least = [&](std::string_view condition) {
      return fmt::format("(SELECT {0} FROM {1} WHERE {0} {2} ORDER BY {0} LIMIT 1)", q_tenant_,
                         q_table_, condition);
    };
    return fmt::format(
        "WITH RECURSIVE distinct_tenant(tenant) AS ({2} UNION ALL "
        "SELECT {3} FROM distinct_tenant WHERE tenant IS NOT NULL) "
        "SELECT {4} FROM distinct_tenant WHERE tenant IS NOT NULL "
        "UNION ALL SELECT NULL WHERE EXISTS (SELECT 1 FROM {1} WHERE {0} IS NULL)",
        q_tenant_, q_table_, least("IS NOT NULL"), least("> distinct_tenant.tenant"), shown);
  }
  const std::string next = fmt::format(
      "SELECT MIN({0}) FROM {1} WHERE {0} > distinct_tenant.tenant", q_tenant_, q_table_);
  return fmt::format(
      "WITH RECURSIVE distinct_tenant(tenant) AS ("
      "SELECT MIN({0}) FROM {1} UNION ALL "
      "SELECT ({2}) FROM distinct_tenant WHERE tenant IS NOT NULL) "
      "SELECT tenant FROM distinct_tenant WHERE tenant IS NOT NULL "
      "UNION ALL SELECT NULL WHERE EXISTS (SELECT 1 FROM {1} WHERE {0} IS NULL)",
      q_tenant_, q_table_, next);
}

std::optional<Statement> SourceTable::stamped_after(CivilTime time) const {
  if (!has_wanted_index()) return std::nullopt;
  const std::string after = time.text(update_column()->decimals);
  const std::optional<std::string> no_time = no_time_condition();
  const std::string is_time = no_time ? " AND NOT " + *no_time : "";
  Builder builder(*this);
  if (dialect_ == sql::Dialect::mysql) {
    // To a lookup for each tenant it reads all rows of the tenant; the latest of each it jumps to.
    builder
        .text(fmt::format("SELECT tenant, {1} FROM (SELECT {0} AS tenant, MAX({1}) AS {1} FROM ",
                          q_tenant_, q_update_))
        .text(q_table_)
        .text(" WHERE ")
        .equal_status()
        .text(fmt::format(" GROUP BY {}) AS latest WHERE {} > ?{} AND (SELECT 1", q_tenant_,
                          q_update_, is_time))
        .param(after)
        .from_exportable();
    return builder
        .text(
            fmt::format(" AND {} <=> latest.tenant AND {} > ? LIMIT 1) = 1", q_tenant_, q_update_))
        .param(after)
        .take();
  }
  // With its `IS NOT DISTINCT FROM` PostgreSQL would read the whole table.
  // Its texts would not be looked for in the index of a CHAR(n), so they are made last.
  builder.text("SELECT ")
      .text(shown_listed_tenant())
      .text(", stamp FROM (SELECT listed.tenant AS tenant, (SELECT ")
      .text(q_update_)
      .from_exportable()
      .text(fmt::format(" AND {} {} listed.tenant AND {} > ?{} LIMIT 1) AS stamp FROM (", q_tenant_,
                        dialect_ == sql::Dialect::sqlite ? "IS" : "=", q_update_, is_time))
      .param(after);
  return builder.text(list_tenants("tenant"))
      .text(") AS listed) AS ahead WHERE stamp IS NOT NULL")
      .take();
}

Statement SourceTable::tenant_bytes(const std::optional<std::string>& tenant,
                                    const watermark::Window& window) const {
  Builder builder(*this);
  builder.text("SELECT DISTINCT ").text(builder.bytes_of(tenant_column(), q_tenant_));
  // Whatever else they lack: the columns of the wanted index tell it.
  builder.text(" FROM ").text(q_table_).text(" WHERE ").equal_status().and_window(window);
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
  const std::string tenant = distinct(tenant_column(), q_tenant_);
  const std::string country = of_country == nullptr ? "NULL" : distinct(*of_country, q_country_);
  // The plain columns: their text, for the client; grouped and ordered by bytes.
  if (dialect_ == sql::Dialect::postgres) {
    // It has no MIN() of a uuid, a boolean, or a type of the user's own.
    builder.text(fmt::format("SELECT {}, {}", shown_tenant_, shown_country_)).from_where({});
    builder.text(fmt::format(" GROUP BY {}, {}", tenant, q_tenant_));
    if (of_country != nullptr) builder.text(fmt::format(", {}, {}", country, q_country_));
    builder.text(fmt::format(" ORDER BY {} NULLS FIRST", tenant));
    if (of_country != nullptr) builder.text(fmt::format(", {} NULLS FIRST", country));
    return builder.text(fmt::format(" LIMIT {}", limit)).take();
  }
  builder.text(fmt::format("SELECT MIN({}), MIN({})", q_tenant_, q_country_)).from_where({});
  return builder
      .text(fmt::format(" GROUP BY {0}, {1} ORDER BY {0}, {1} LIMIT {2}", tenant, country, limit))
      .take();
}

Statement SourceTable::of_information_schema(std::string_view select) const {
  const std::size_t dot = spec_.table.find('.');
  return Builder(*this)
      .text(select)
      .text(" WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?")
      .param(dot == std::string::npos ? sql::Value() : sql::Value(spec_.table.substr(0, dot)))
      .param(spec_.table.substr(dot + 1))
      .take();
}

std::optional<Statement> SourceTable::engine() const {
  if (dialect_ != sql::Dialect::mysql) return std::nullopt;
  return of_information_schema(
      "SELECT engine, transactions FROM information_schema.tables JOIN information_schema.engines "
      "USING (engine)");
}

Statement SourceTable::estimate() const {
  switch (dialect_) {
    case sql::Dialect::mysql:
      return of_information_schema("SELECT table_rows FROM information_schema.tables");
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

Key key_from(const sql::Cursor& row, const SourceTable& table, std::size_t first) {
  std::vector<std::string_view> key;
  for (std::size_t i = 0; i < table.key_columns(); ++i) {
    key.push_back(row.at(first + i).value_or(""));
  }
  return Key::from_columns(key, table.integer_key());
}

Position position_from(const sql::Cursor& row, const SourceTable& table, bool in_window) {
  Position position;
  if (in_window) position.update_time = row.at(0).value_or("");
  position.key = key_from(row, table, 1);
  return position;
}

}  // namespace tidemark::exporter
