#include "export/source_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace tidemark::exporter {
namespace {

constexpr std::string_view unknown_country = "UNKNOWN";
/// Tenants or groups named in one statement: at most seven parameters each.
constexpr std::size_t entries_per_batch = 2000;

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  return fmt::format("{}", fmt::join(parts, between));
}

}  // namespace

/// Gathers the text and the parameters of one statement.
class SourceTable::Builder {
 public:
  explicit Builder(const SourceTable& table) : table_(table) {}

  Builder& text(std::string_view part) {
    statement_.sql += part;
    return *this;
  }
  Builder& param(sql::Value value) {
    statement_.params.push_back(std::move(value));
    return *this;
  }
  Statement take() { return std::move(statement_); }

  /// ` FROM t WHERE …` for everything that a slice stands for.
  Builder& from_where(const Slice& slice) {
    from_exportable();
    for (const std::string& condition : table_.usable_keys_) text(" AND ").text(condition);
    filters(slice);
    if (slice.tenant) and_tenant(*slice.tenant);
    if (slice.window) and_window(*slice.window);
    if (slice.after) and_beyond(*slice.after, slice.window.has_value());
    if (slice.upto) and_upto(*slice.upto, slice.window.has_value());
    if (!slice.keys.empty()) and_keys(slice.keys);
    return *this;
  }

  /// Likewise for the rows of the slice's tenant and window that from_where() leaves out.
  Builder& from_unusable_keys(const Slice& slice) {
    from_exportable().text(" AND (").text(join(table_.unusable_keys_, " OR ")).text(")");
    filters(slice);
    if (slice.tenant) and_tenant(*slice.tenant);
    if (slice.window) and_window(*slice.window);
    return *this;
  }

  Builder& order(const Slice& slice) {
    text(" ORDER BY ");
    if (slice.window) text(table_.q_update_).text(", ");
    return text(join(table_.q_key_, ", "));
  }

  Builder& from_exportable() {
    text(" FROM ").text(table_.q_table_).text(" WHERE ");
    if (!table_.spec_.status.empty()) {
      text(table_.q_status_).text(" = ? AND ").param(status_value());
    }
    return text(table_.q_payload_)
        .text(" IS NOT NULL AND ")
        .text(table_.q_number_)
        .text(" IS NOT NULL AND ")
        .text(table_.q_date_)
        .text(" IS NOT NULL");
  }

  Builder& and_window(const watermark::Window& window) {
    const int decimals = table_.update_column()->decimals;
    return text(" AND ")
        .text(table_.q_update_)
        .text(" > ? AND ")
        .text(table_.q_update_)
        .text(" <= ?")
        .param(window.after.text(decimals))
        .param(window.upto.text(decimals));
  }

  Builder& and_tenant(const std::string& tenant) {
    text(" AND ");
    return equal_bytes(table_.tenant_column(), table_.q_tenant_, tenant, tenant.empty());
  }

  /// The column as its bytes in UTF-8.
  [[nodiscard]] std::string bytes_of(const sql::Column& column, const std::string& quoted) const {
    switch (table_.dialect_) {
      case sql::Dialect::mysql:
        return column.type == sql::ColumnType::text
                   ? fmt::format("CAST(CONVERT({} USING utf8mb4) AS BINARY)", quoted)
                   : fmt::format("CAST({} AS BINARY)", quoted);
      case sql::Dialect::postgres:
        return fmt::format("convert_to({}::text, 'UTF8')", quoted);
      case sql::Dialect::sqlite:
        return fmt::format("CAST({} AS BLOB)", quoted);
    }
    return quoted;
  }

 private:
  [[nodiscard]] sql::Value status_value() const {
    const std::string& value = table_.spec_.status_value;
    return typed(*table_.table_.column(table_.spec_.status), value);
  }

  /// An integer for an integer column: MySQL compares it with text as doubles.
  static sql::Value typed(const sql::Column& column, const std::string& value) {
    if (column.type == sql::ColumnType::integer) {
      std::int64_t number = 0;
      const char* end = value.data() + value.size();
      const auto [stop, code] = std::from_chars(value.data(), end, number);
      if (code == std::errc{} && stop == end) return number;
    }
    return value;
  }

  /// A text parameter as its bytes, to compare with bytes_of().
  [[nodiscard]] std::string_view bytes_mark() const {
    switch (table_.dialect_) {
      case sql::Dialect::mysql:
        return "CAST(? AS BINARY)";
      case sql::Dialect::postgres:
        return "convert_to(?, 'UTF8')";
      case sql::Dialect::sqlite:
        return "CAST(? AS BLOB)";
    }
    return "?";
  }

  Builder& equal_bytes(const sql::Column& column, const std::string& quoted,
                       const std::string& value, bool or_null) {
    if (or_null) text("(").text(quoted).text(" IS NULL OR ");
    const bool number = column.type == sql::ColumnType::integer;
    if (const sql::Value param = typed(column, value);
        number && !std::holds_alternative<std::int64_t>(param)) {
      text("1 = 0");  // A text that no integer column can hold.
    } else {
      text(quoted).text(" = ?").param(param);
      if (!column.compares_bytes) {
        text(" AND ").text(bytes_of(column, quoted)).text(" = ").text(bytes_mark()).param(value);
      }
    }
    if (or_null) text(")");
    return *this;
  }

  Builder& equal_country(const std::string& country) {
    const sql::Column& column = *table_.table_.column(table_.spec_.country);
    if (country != unknown_country && !country.empty()) {
      return equal_bytes(column, table_.q_country_, country, false);
    }
    text("(");
    if (column.type != sql::ColumnType::integer) {
      equal_bytes(column, table_.q_country_, "", false).text(" OR ");
    }
    return equal_bytes(column, table_.q_country_, std::string(unknown_country), true).text(")");
  }

  /// `((a OR b) OR (c OR d))`: SQLite refuses expressions that are more than 1,000 deep.
  template <class T, class Write>
  void any_of(std::span<const T> values, const Write& write) {
    text("(");
    if (values.size() == 1) {
      write(values.front());
    } else {
      any_of(values.first(values.size() / 2), write);
      text(" OR ");
      any_of(values.subspan(values.size() / 2), write);
    }
    text(")");
  }

  template <class T>
  static std::span<const T> part_of(const std::vector<T>& list,
                                    const std::optional<std::size_t>& batch) {
    const std::span<const T> all(list);
    if (!batch) return all;
    const std::size_t first = *batch * entries_per_batch;
    return all.subspan(first, std::min(entries_per_batch, all.size() - first));
  }

  void in_list(std::string_view quoted, std::string_view mark, const sql::Values& values) {
    text(quoted).text(" IN (");
    for (std::size_t i = 0; i < values.size(); ++i) {
      text(i > 0 ? ", " : "").text(mark).param(values[i]);
    }
    text(")");
  }

  void in_tenants(std::span<const std::string> tenants) {
    const sql::Column& column = table_.tenant_column();
    sql::Values values;
    sql::Values bytes;
    for (const std::string& tenant : tenants) {
      sql::Value value = typed(column, tenant);
      // A text that no integer column can hold.
      if (column.type == sql::ColumnType::integer && !std::holds_alternative<std::int64_t>(value)) {
        continue;
      }
      values.push_back(std::move(value));
      bytes.emplace_back(tenant);
    }
    text("(");
    if (values.empty()) {
      text("1 = 0");
    } else {
      in_list(table_.q_tenant_, "?", values);
      if (!column.compares_bytes) {
        text(" AND ");
        in_list(bytes_of(column, table_.q_tenant_), bytes_mark(), bytes);
      }
    }
    if (std::ranges::find(tenants, std::string()) != tenants.end()) {
      text(" OR ").text(table_.q_tenant_).text(" IS NULL");
    }
    text(")");
  }

  void in_groups(const Slice& slice) {
    const auto whole = part_of(*table_.filter_.groups, slice.batch);
    // Sorted by tenant: one tenant's groups lie together.
    const auto groups =
        slice.tenant ? std::ranges::equal_range(whole, *slice.tenant, {},
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

  void filters(const Slice& slice) {
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

  void and_keys(const std::vector<Key>& keys) {
    text(" AND (");
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i > 0) text(" OR ");
      text("(");
      const sql::Values values = values_of(keys[i]);
      for (std::size_t c = 0; c < values.size(); ++c) {
        text(c > 0 ? " AND " : "").text(table_.q_key_[c]).text(" = ?").param(values[c]);
      }
      text(")");
    }
    text(")");
  }

  /// One value for each column of the key, in the column's own type: no text is equal to bytes.
  [[nodiscard]] sql::Values values_of(const Key& key) const {
    sql::Values values = key.values(table_.key_columns());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool bytes = table_.table_.column(table_.spec_.key[i])->type == sql::ColumnType::binary;
      if (auto* text = std::get_if<std::string>(&values[i]); bytes && text != nullptr) {
        values[i] = sql::Blob{std::move(*text)};
      }
    }
    return values;
  }

  /// The columns of a position and their values, in order.
  [[nodiscard]] std::vector<std::pair<std::string, sql::Value>> columns_of(const Position& position,
                                                                           bool in_window) const {
    std::vector<std::pair<std::string, sql::Value>> columns;
    if (in_window) columns.emplace_back(table_.q_update_, position.update_time);
    const sql::Values values = values_of(position.key);
    for (std::size_t i = 0; i < values.size(); ++i) {
      columns.emplace_back(table_.q_key_[i], values[i]);
    }
    return columns;
  }

  /// (a, b) > (x, y), written so that every server uses its index: `a >= x AND (a > x OR b > y)`.
  void and_beyond(const Position& position, bool in_window) {
    lexicographic(columns_of(position, in_window), ">", ">");
  }
  void and_upto(const Position& position, bool in_window) {
    lexicographic(columns_of(position, in_window), "<", "<=");
  }

  void lexicographic(const std::vector<std::pair<std::string, sql::Value>>& columns,
                     std::string_view strict, std::string_view last) {
    if (columns.size() > 1) {
      text(" AND ").text(columns[0].first).text(" ").text(strict).text("= ?");
      param(columns[0].second);
    }
    text(" AND ");
    std::string closing;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool is_last = i + 1 == columns.size();
      if (!is_last) {
        text("(").text(columns[i].first).text(" ").text(strict).text(" ? OR (");
        param(columns[i].second);
        text(columns[i].first).text(" = ? AND ").param(columns[i].second);
        closing += "))";
      } else {
        text(columns[i].first).text(" ").text(last).text(" ?").param(columns[i].second);
      }
    }
    text(closing);
  }

  const SourceTable& table_;
  Statement statement_;
};

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
                           spec.table, join(spec.key, ", "))
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
                               join(present, ", "), spec.name));
  }
  return SourceTable(connection, std::move(spec), std::move(filter), std::move(*table));
}

Statement SourceTable::select(const Slice& slice) const {
  Builder builder(*this);
  // A column that is shown in its own text form only; the order is that of enum Field.
  builder.text("SELECT ")
      .text(join({q_tenant_, q_country_, shown_date_, q_number_, q_payload_, q_update_}, ", "))
      .text(", ")
      .text(join(q_key_, ", "));
  return builder.from_where(slice).order(slice).take();
}

Statement SourceTable::count(const Slice& slice) const {
  return Builder(*this).text("SELECT COUNT(*)").from_where(slice).take();
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

void SourceTable::set_groups(std::vector<std::pair<std::string, std::string>> groups) {
  for (auto& [tenant, country] : groups) {
    if (country.empty()) country = unknown_country;
  }
  std::ranges::sort(groups);
  groups.erase(std::ranges::unique(groups).begin(), groups.end());
  filter_.groups = std::move(groups);
}

std::size_t SourceTable::batches() const {
  const std::size_t entries = filter_.groups ? filter_.groups->size() : filter_.tenants.size();
  return std::max<std::size_t>(1, (entries + entries_per_batch - 1) / entries_per_batch);
}

Statement SourceTable::probe(const Slice& slice, std::uint64_t rows) const {
  Builder builder(*this);
  builder.text("SELECT ").text(q_update_).text(", ").text(join(q_key_, ", "));
  return builder.from_where(slice)
      .order(slice)
      .text(fmt::format(" LIMIT 1 OFFSET {}", rows - 1))
      .take();
}

Statement SourceTable::exists(const Slice& slice) const {
  return Builder(*this).text("SELECT 1").from_where(slice).text(" LIMIT 1").take();
}

Statement SourceTable::tenants() const {
  // A loose scan over the index: MySQL does it for DISTINCT by itself; the others are told how.
  if (dialect_ == sql::Dialect::mysql || table_.index_on({spec_.tenant}) == nullptr) {
    return Builder(*this)
        .text(fmt::format("SELECT DISTINCT {} FROM {}", q_tenant_, q_table_))
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
  if (tenant) builder.text(" AND ").text(q_tenant_).text(" = ?").param(*tenant);
  return builder.take();
}

Statement SourceTable::groups(std::uint64_t limit) const {
  Builder builder(*this);
  const std::string tenant = builder.bytes_of(tenant_column(), q_tenant_);
  const std::string country =
      spec_.country.empty() ? "NULL" : builder.bytes_of(*table_.column(spec_.country), q_country_);
  // MIN() of the plain columns: their text, for the client; grouped and ordered by bytes.
  builder.text(fmt::format("SELECT MIN({}), MIN({})", q_tenant_, q_country_));
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
