#include "export/source_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/parse_integer.h"
#include "sql/sqlite/real_text.h"

namespace tidemark::exporter {
namespace {

/// As DECIMAL shows its values, `-12.50`: nothing else, since it becomes part of a statement.
bool is_decimal_text(std::string_view text) {
  constexpr std::size_t digits_max = 65;  // Of MySQL; beside them a point.
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const auto all_digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == part.npos;
  };
  if (text.size() > digits_max + 1 || !all_digits(text.substr(0, point))) return false;
  return point == text.npos || all_digits(text.substr(point + 1));
}

/// SQLite shows a number so, and takes no such text for one.
bool is_infinity(std::string_view text) { return text == "Inf" || text == "-Inf"; }

}  // namespace

SourceTable::Builder& SourceTable::Builder::joined(const std::vector<std::string>& parts,
                                                   std::string_view between) {
  return text(fmt::format("{}", fmt::join(parts, between)));
}

SourceTable::Builder& SourceTable::Builder::from_where(const Slice& slice) {
  return from_exportable().within(slice);
}

SourceTable::Builder& SourceTable::Builder::from_read(const Slice& slice) {
  return table_.dialect_ == sql::Dialect::mysql ? from_issued().within(slice) : from_where(slice);
}

SourceTable::Builder& SourceTable::Builder::within(const Slice& slice) {
  and_usable().filters(slice);
  if (slice.tenant) and_tenant(*slice.tenant);
  // One bound at each end: of two, SQLite seeks the first, and would pass over the rows before the
  // position again for each chunk.
  if (slice.after) {
    and_beyond(*slice.after, slice.window.has_value());
  } else if (slice.window) {
    and_after(*slice.window);
  }
  if (slice.upto) {
    and_upto(*slice.upto, slice.window.has_value());
  } else if (slice.window) {
    and_upto(*slice.window);
  }
  if (!slice.keys.empty()) and_keys(slice.keys);
  return *this;
}

SourceTable::Builder& SourceTable::Builder::and_usable() {
  for (const std::string& condition : table_.usable_keys_) text(" AND ").text(condition);
  return *this;
}

SourceTable::Builder& SourceTable::Builder::from_usable() { return from_exportable().and_usable(); }

SourceTable::Builder& SourceTable::Builder::from_keys(std::span<const Key> keys, bool exactly) {
  const bool mysql = table_.dialect_ == sql::Dialect::mysql;
  return (mysql && !exactly ? from_issued() : from_exportable()).and_usable().and_keys(keys);
}

SourceTable::Builder& SourceTable::Builder::from_unusable_keys(const Slice& slice) {
  from_exportable().text(" AND (").joined(table_.unusable_keys_, " OR ").text(")");
  filters(slice);
  if (slice.tenant) and_tenant(*slice.tenant);
  if (slice.window) and_window(*slice.window);
  return *this;
}

SourceTable::Builder& SourceTable::Builder::from_odd(const Slice& slice, std::string_view condition,
                                                     std::string_view joined) {
  from_exportable(joined);
  filters(slice);
  if (slice.tenant) and_tenant(*slice.tenant);
  return text(" AND ").text(condition);
}

SourceTable::Builder& SourceTable::Builder::order(const Slice& slice) {
  text(" ORDER BY ");
  if (slice.window) text(table_.q_update_).text(", ");
  return joined(table_.q_key_, ", ");
}

SourceTable::Builder& SourceTable::Builder::from_exportable(std::string_view joined) {
  return from_issued(joined).text(" AND ").text(table_.q_payload_).text(" IS NOT NULL");
}

SourceTable::Builder& SourceTable::Builder::from_issued(std::string_view joined) {
  text(" FROM ");
  if (!joined.empty()) text(joined).text(" CROSS JOIN ");
  text(table_.q_table_).text(" WHERE ");
  if (!table_.spec_.status.empty()) equal_status().text(" AND ");
  return text(table_.q_number_).text(" IS NOT NULL AND ").text(table_.q_date_).text(" IS NOT NULL");
}

SourceTable::Builder& SourceTable::Builder::and_window(const watermark::Window& window) {
  return and_after(window).and_upto(window);
}

SourceTable::Builder& SourceTable::Builder::and_after(const watermark::Window& window) {
  const int decimals = table_.update_column()->decimals;
  return text(" AND ").text(table_.q_update_).text(" > ?").param(window.after.text(decimals));
}

SourceTable::Builder& SourceTable::Builder::and_upto(const watermark::Window& window) {
  const int decimals = table_.update_column()->decimals;
  return text(" AND ").text(table_.q_update_).text(" <= ?").param(window.upto.text(decimals));
}

SourceTable::Builder& SourceTable::Builder::and_tenant(const std::string& tenant) {
  text(" AND ");
  return equal_bytes(table_.tenant_column(), table_.q_tenant_, tenant, tenant.empty());
}

SourceTable::Builder& SourceTable::Builder::equal_tenant(const std::string& tenant) {
  const sql::Column& column = table_.tenant_column();
  // Values that keep their types have no collation in common.
  if (column.keeps_types) return equal_bytes(column, table_.q_tenant_, tenant, tenant.empty());
  if (tenant.empty()) text("(").text(table_.q_tenant_).text(" IS NULL OR ");
  may_hold(column, tenant) ? equal(column, table_.q_tenant_, tenant) : text("1 = 0");
  return tenant.empty() ? text(")") : *this;
}

SourceTable::Builder& SourceTable::Builder::equal_status() {
  if (table_.spec_.status.empty()) return text("1 = 1");
  return equal(*table_.table_.column(table_.spec_.status), table_.q_status_,
               table_.spec_.status_value);
}

std::string SourceTable::Builder::bytes_of(const sql::Column& column,
                                           const std::string& quoted) const {
  switch (table_.dialect_) {
    case sql::Dialect::mysql:
      // Of UUID and INET6 the plain cast gives the bytes that are stored.
      return column.type == sql::ColumnType::binary
                 ? fmt::format("CAST({} AS BINARY)", quoted)
                 : fmt::format("CAST(CONVERT({} USING utf8mb4) AS BINARY)", quoted);
    case sql::Dialect::postgres:
      // textsend: the bytes as this connection gets them. (convert_to(…, 'UTF8') fails in a
      // database in SQL_ASCII whose texts are no UTF-8.) The cast writes some types in another way
      // than they are shown: inet with its mask.
      return column.type == sql::ColumnType::other
                 ? fmt::format("textsend(CASE WHEN {0} IS NOT NULL THEN format('%s', {0}) END)",
                               quoted)
                 : fmt::format("textsend({}::text)", quoted);
    case sql::Dialect::sqlite:
      return fmt::format("CAST({} AS BLOB)", quoted);
  }
  return quoted;
}

SourceTable::Builder& SourceTable::Builder::value(const sql::Column& column,
                                                  const std::string& value) {
  if (is_literal(column, value)) return text(value);
  if (may_be_real(column, value)) return text(sql::real_expression(value));
  return text("?").param(typed(column, value));
}

bool SourceTable::Builder::may_be_foreign(const sql::Column& column,
                                          const std::string& value) const {
  return table_.dialect_ == sql::Dialect::postgres && column.type == sql::ColumnType::other &&
         (value.empty() || value == unknown_country);
}

bool SourceTable::Builder::is_literal(const sql::Column& column, const std::string& value) const {
  if (table_.dialect_ != sql::Dialect::mysql) return false;
  if (column.type == sql::ColumnType::decimal) return is_decimal_text(value);
  return column.type == sql::ColumnType::integer && parse_integer<std::uint64_t>(value) &&
         !parse_integer(value);
}

sql::Value SourceTable::Builder::typed(const sql::Column& column, const std::string& value) {
  if (column.type == sql::ColumnType::integer) {
    if (const std::optional<std::int64_t> number = parse_integer(value)) return *number;
  }
  return value;
}

std::string_view SourceTable::Builder::bytes_mark() const {
  switch (table_.dialect_) {
    case sql::Dialect::mysql:
      return "CAST(? AS BINARY)";
    case sql::Dialect::postgres:
      return "textsend(?)";
    case sql::Dialect::sqlite:
      return "CAST(? AS BLOB)";
  }
  return "?";
}

SourceTable::Builder& SourceTable::Builder::equal(const sql::Column& column,
                                                  const std::string& quoted,
                                                  const std::string& value) {
  if (may_be_foreign(column, value)) return same_bytes(column, quoted, value);
  if (!column.keeps_types) {
    const bool may_be_both = may_be_real(column, value) && is_infinity(value);
    if (may_be_both) text("(").text(quoted).text(" = ?").param(value).text(" OR ");
    text(quoted).text(" = ").value(column, value);
    return may_be_both ? text(")") : *this;
  }
  // As a text, as a number (3 and 3.0), and as what it is shown as.
  text("(").text(quoted).text(" = ?").param(value);
  if (const std::optional<std::int64_t> whole = parse_integer(value)) {
    text(" OR ").text(quoted).text(" = ?").param(*whole);
  }
  return text(" OR ").same_bytes(column, quoted, value).text(")");
}

SourceTable::Builder& SourceTable::Builder::same_bytes(const sql::Column& column,
                                                       const std::string& quoted,
                                                       const std::string& value) {
  if (may_be_real(column, value)) {
    text("CASE typeof(").text(quoted).text(") WHEN 'real' THEN ").text(quoted);
    text(" = ").text(sql::real_expression(value)).text(" ELSE ");
    text(bytes_of(column, quoted)).text(" = ").text(bytes_mark()).param(value);
    return text(" END");
  }
  return text(bytes_of(column, quoted)).text(" = ").text(bytes_mark()).param(value);
}

bool SourceTable::Builder::may_be_real(const sql::Column& column, const std::string& value) const {
  if (table_.dialect_ != sql::Dialect::sqlite) return false;
  return (column.keeps_types || column.type != sql::ColumnType::text) && sql::is_real_text(value);
}

bool SourceTable::Builder::may_hold(const sql::Column& column, const std::string& value) const {
  if (table_.dialect_ == sql::Dialect::sqlite) return true;
  // Equal to the server, and yet not the text that the rows are taken with.
  if (table_.trims(column.name) && value.ends_with(' ')) return false;
  switch (column.type) {
    case sql::ColumnType::integer:
      return std::holds_alternative<std::int64_t>(typed(column, value)) ||
             is_literal(column, value);
    case sql::ColumnType::decimal:
    case sql::ColumnType::floating:
    case sql::ColumnType::date:
    case sql::ColumnType::datetime:
      // To MySQL they are 0 in a comparison, to PostgreSQL errors.
      return !value.empty() && value != unknown_country;
    default:
      return true;
  }
}

bool SourceTable::Builder::needs_bytes(const sql::Column& column, const std::string& value) const {
  if (!column.compares_bytes) return true;
  if (table_.dialect_ != sql::Dialect::sqlite || column.type == sql::ColumnType::text) return false;
  const std::optional<std::int64_t> number = parse_integer(value);
  return !number || fmt::format("{}", *number) != value;
}

SourceTable::Builder& SourceTable::Builder::equal_bytes(const sql::Column& column,
                                                        const std::string& quoted,
                                                        const std::string& value, bool or_null) {
  if (or_null) text("(").text(quoted).text(" IS NULL OR ");
  if (!may_hold(column, value)) {
    text("1 = 0");
  } else if (column.keeps_types) {
    same_bytes(column, quoted, value);
  } else {
    equal(column, quoted, value);
    if (needs_bytes(column, value)) text(" AND ").same_bytes(column, quoted, value);
  }
  if (or_null) text(")");
  return *this;
}

SourceTable::Builder& SourceTable::Builder::equal_country(const std::string& country) {
  const sql::Column& column = *table_.table_.column(table_.spec_.country);
  if (country != unknown_country && !country.empty()) {
    return equal_bytes(column, table_.q_country_, country, false);
  }
  text("(");
  if (may_hold(column, "")) {
    equal_bytes(column, table_.q_country_, "", false).text(" OR ");
  }
  return equal_bytes(column, table_.q_country_, std::string(unknown_country), true).text(")");
}

void SourceTable::Builder::in_list(std::string_view quoted, std::string_view mark,
                                   const sql::Values& values) {
  text(quoted).text(" IN (");
  for (std::size_t i = 0; i < values.size(); ++i) {
    text(i > 0 ? ", " : "").text(mark).param(values[i]);
  }
  text(")");
}

void SourceTable::Builder::in_tenants(std::span<const std::string> tenants) {
  const sql::Column& column = table_.tenant_column();
  sql::Values bytes;
  for (const std::string& tenant : tenants) {
    if (may_hold(column, tenant)) bytes.emplace_back(tenant);
  }
  text("(");
  if (bytes.empty()) {
    text("1 = 0");
  } else if (std::ranges::any_of(tenants, [&](const auto& it) {
               return may_be_real(column, it) || may_be_foreign(column, it);
             })) {
    any_of(tenants, [&](const auto& it) { equal_bytes(column, table_.q_tenant_, it, it.empty()); });
  } else if (column.keeps_types) {
    in_list(bytes_of(column, table_.q_tenant_), bytes_mark(), bytes);
  } else {
    text(table_.q_tenant_).text(" IN (");
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      text(i > 0 ? ", " : "").value(column, std::get<std::string>(bytes[i]));
    }
    text(")");
    if (std::ranges::any_of(tenants, [&](const auto& name) { return needs_bytes(column, name); })) {
      text(" AND ");
      in_list(bytes_of(column, table_.q_tenant_), bytes_mark(), bytes);
    }
  }
  if (std::ranges::find(tenants, std::string()) != tenants.end()) {
    text(" OR ").text(table_.q_tenant_).text(" IS NULL");
  }
  text(")");
}

void SourceTable::Builder::in_groups(const Slice& slice) {
  const auto whole = part_of(*table_.filter_.groups, slice.batch);
  // Sorted by tenant: one tenant's groups lie together.
  const auto groups = slice.tenant
                          ? std::ranges::equal_range(whole, *slice.tenant, {},
                                                     [](const auto& group) { return group.first; })
                          : std::ranges::subrange(whole);
  text(" AND ");
  if (groups.empty()) {
    text("1 = 0");
    return;
  }
  any_of(std::span<const std::pair<std::string, std::string>>(groups), [&](const auto& group) {
    equal_bytes(table_.tenant_column(), table_.q_tenant_, group.first, group.first.empty());
    if (!table_.spec_.country.empty()) {
      text(" AND ");
      equal_country(group.second);
    }
  });
}

void SourceTable::Builder::filters(const Slice& slice) {
  const Filter& filter = table_.filter_;
  // The groups were chosen among those of the tenants and countries.
  if (filter.groups) return in_groups(slice);
  if (!filter.tenants.empty() && !slice.tenant) {
    text(" AND ");
    in_tenants(part_of(filter.tenants, slice.batch));
  }
  if (!filter.countries.empty()) {
    text(" AND ");
    any_of(std::span<const std::string>(filter.countries),
           [&](const std::string& country) { equal_country(country); });
  }
}

SourceTable::Builder& SourceTable::Builder::and_keys(std::span<const Key> keys) {
  text(" AND ");
  if (table_.key_columns() == 1) {
    text(table_.q_key_.front()).text(" IN (");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      text(i > 0 ? ", " : "").value(compared(keys[i]).front());
    }
    return text(")");
  }
  any_of(keys, [&](const Key& key) {
    std::string_view between;
    for (const Compared& column : compared(key)) {
      text(between).compare(column, "=");
      between = " AND ";
    }
  });
  return *this;
}

std::vector<SourceTable::Builder::Compared> SourceTable::Builder::compared(const Key& key) const {
  std::vector<Compared> columns;
  const sql::Values values = key.values(table_.key_columns());
  for (std::size_t i = 0; i < values.size(); ++i) {
    Compared& added = columns.emplace_back(table_.q_key_[i], values[i]);
    const sql::Column& column = *table_.table_.column(table_.spec_.key[i]);
    const auto* const text = std::get_if<std::string>(&values[i]);
    if (text == nullptr) continue;
    if (column.type == sql::ColumnType::binary) {
      added.value = sql::Blob{*text};
    } else if (column.keeps_types) {
      added.value = typed(column, *text);
    } else if (is_literal(column, *text)) {
      added.literal = *text;
    } else if (may_be_real(column, *text)) {
      added.literal = sql::real_expression(*text);
    }
  }
  return columns;
}

std::vector<SourceTable::Builder::Compared> SourceTable::Builder::compared(const Position& position,
                                                                           bool in_window) const {
  std::vector<Compared> columns = compared(position.key);
  if (in_window) columns.insert(columns.begin(), {table_.q_update_, position.update_time});
  return columns;
}

SourceTable::Builder& SourceTable::Builder::compare(const Compared& with,
                                                    std::string_view operation) {
  return text(with.quoted).text(" ").text(operation).text(" ").value(with);
}

SourceTable::Builder& SourceTable::Builder::value(const Compared& with) {
  if (!with.literal.empty()) return text(with.literal);
  return text("?").param(with.value);
}

void SourceTable::Builder::and_beyond(const Position& position, bool in_window) {
  lexicographic(compared(position, in_window), ">", ">");
}

void SourceTable::Builder::and_upto(const Position& position, bool in_window) {
  lexicographic(compared(position, in_window), "<", "<=");
}

void SourceTable::Builder::lexicographic(const std::vector<Compared>& columns,
                                         std::string_view strict, std::string_view last) {
  if (columns.size() > 1) text(" AND ").compare(columns.front(), fmt::format("{}=", strict));
  text(" AND ");
  std::string closing;
  for (std::size_t i = 0; i + 1 < columns.size(); ++i) {
    text("(").compare(columns[i], strict).text(" OR (");
    compare(columns[i], "=").text(" AND ");
    closing += "))";
  }
  compare(columns.back(), last).text(closing);
}

}  // namespace tidemark::exporter
