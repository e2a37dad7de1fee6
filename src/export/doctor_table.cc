#include "export/doctor_table.h"

#include <fmt/ranges.h>

#include <map>
#include <optional>
#include <set>
#include <span>

#include "base/bytes.h"
#include "export/content_hash.h"
#include "export/each_row_of.h"
#include "export/key_notes.h"
#include "export/rows_of_key.h"
#include "sql/rows.h"

namespace tidemark::exporter {
namespace {

/// Rows counted for each tenant, tenants asked, and rows read where no index helps: what the
/// counting of odd stamps may cost.
constexpr int rows_per_tenant_max = 1000;
constexpr std::size_t tenants_max = 500;
constexpr int rows_sampled = 100'000;
/// Rows looked at for keys that stand twice, and such keys counted.
constexpr std::uint64_t rows_grouped_max = 1'000'000;
constexpr std::uint64_t doubled_keys_max = 1000;

/// What was counted, and how far the look reached.
struct OddRows {
  std::int64_t count = 0;
  bool at_least = false;  ///< There may be more.
  Message scope;          ///< Empty: the whole table was looked at.
};

Finding without_update_time(std::string_view check) {
  return {
      .check = std::string(check),
      .what = say({"no update time column: only full exports", "没有更新时间列：只能全量导出"})};
}

Result<std::vector<std::string>> some_tenants(const Patient& patient) {
  const Statement query = patient.table.tenants();
  Result<std::unique_ptr<sql::Cursor>> cursor = patient.connection.query(query.sql, query.params);
  if (!cursor) return fail(cursor.error());
  std::set<std::string> tenants;  // NULL is the empty text.
  while (tenants.size() <= tenants_max) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) break;
    tenants.emplace((*cursor)->at(0).value_or(""));
  }
  return std::vector(tenants.begin(), tenants.end());
}

/// By the index: each tenant's odd rows lie together.
Result<OddRows> count_by_tenant(const Patient& patient, const std::string& condition,
                                const sql::Values& values) {
  Result<std::vector<std::string>> tenants = some_tenants(patient);
  if (!tenants) return fail(tenants.error());
  OddRows odd;
  if (tenants->size() > tenants_max) {
    tenants->resize(tenants_max);
    odd.at_least = true;
    odd.scope = say({"of the first {} tenants", "前 {} 个租户中"}, tenants_max);
  }
  for (const std::string& tenant : *tenants) {
    Statement rows = patient.table.of_status(tenant);
    rows.params.insert(rows.params.end(), values.begin(), values.end());
    const Result<std::int64_t> count =
        sql::query_number(patient.connection,
                          fmt::format("SELECT COUNT(*) FROM (SELECT 1 AS one{} AND {} LIMIT {}) x",
                                      rows.sql, condition, rows_per_tenant_max),
                          rows.params);
    if (!count) return fail(count.error());
    odd.count += *count;
    odd.at_least = odd.at_least || *count == rows_per_tenant_max;
  }
  return odd;
}

/// Without an index: among as many rows as may be read.
Result<OddRows> count_in_sample(const Patient& patient, const std::string& condition,
                                const sql::Values& values) {
  const std::string update = patient.connection.quoted(patient.table.spec().update_time);
  Statement rows = patient.table.of_status(std::nullopt);
  rows.params.insert(rows.params.end(), values.begin(), values.end());
  const Result<std::int64_t> count =
      sql::query_number(patient.connection,
                        fmt::format("SELECT COUNT(*) FROM (SELECT {}{} LIMIT {}) x WHERE {}",
                                    update, rows.sql, rows_sampled, condition),
                        rows.params);
  if (!count) return fail(count.error());
  return OddRows{.count = *count,
                 .at_least = true,
                 .scope = say({"among the first {} rows; there is no index to look further",
                               "前 {} 行中；没有索引，未继续查找"},
                              rows_sampled)};
}

Result<OddRows> count_odd(const Patient& patient, const std::string& condition,
                          const sql::Values& values) {
  return patient.table.has_wanted_index() ? count_by_tenant(patient, condition, values)
                                          : count_in_sample(patient, condition, values);
}

/// `what` follows `1 row`, `2 rows`.
Message count_message(const OddRows& odd, const Message& what) {
  const std::string_view least_en = odd.at_least && odd.count > 0 ? "at least " : "";
  const std::string_view least_zh = odd.at_least && odd.count > 0 ? "至少 " : "";
  const std::string_view rows = plural(static_cast<std::uint64_t>(odd.count), "row", "rows");
  Message message{fmt::format("{}{} {} {}", least_en, odd.count, rows, what.en),
                  fmt::format("{}{} {}", least_zh, odd.count, what.zh)};
  if (!odd.scope.empty()) {
    message.en += " (" + odd.scope.en + ")";
    message.zh += "（" + odd.scope.zh + "）";
  }
  return message;
}

/// Keys of rows that differ in what makes their files; see RowLook.
struct DoubledKeys {
  std::uint64_t rows = 0;   ///< Looked at.
  std::uint64_t count = 0;  ///< At most doubled_keys_max.
  Key first;
};

RowLook look_at(const sql::Cursor& row) {
  const auto field = [&](Field f) {
    return std::string(row.at(static_cast<std::size_t>(f)).value_or(""));
  };
  return {.tenant = field(Field::tenant),
          .country = field(Field::country),
          .date = field(Field::date),
          .number = field(Field::number),
          .hash = content_hash(field(Field::payload))};
}

Result<DoubledKeys> find_doubled_keys(const Patient& patient) {
  const Statement rows = patient.table.count_upto(rows_grouped_max);
  const Result<std::int64_t> counted = sql::query_number(patient.connection, rows.sql, rows.params);
  if (!counted) return fail(counted.error());
  DoubledKeys found{.rows = static_cast<std::uint64_t>(*counted)};
  const Statement keys = patient.table.doubled_keys(rows_grouped_max, doubled_keys_max);
  const auto in_several_rows =
      sql::all_rows(patient.connection.query(keys.sql, keys.params),
                    [&](const sql::Cursor& row) { return key_from(row, patient.table, 0); });
  if (!in_several_rows) return fail(in_several_rows.error());
  std::map<Key, std::set<RowLook>> looks;
  Result<void> read = each_row_of(
      *in_several_rows, patient.table, patient.connection,
      [&](std::span<const Key> some) { return patient.table.whole_rows_with(some); },
      [&](const sql::Cursor& row) {
        looks[key_from(row, patient.table, static_cast<std::size_t>(Field::key))].insert(
            look_at(row));
      });
  if (!read) return fail(std::move(read.error()));
  for (const auto& [key, seen] : looks) {
    if (seen.size() > 1 && found.count++ == 0) found.first = key;
  }
  return found;
}

Result<std::optional<std::string>> mysql_extra(const Patient& patient) {
  const std::string& table = patient.table.spec().table;
  const std::size_t dot = table.find('.');
  const std::string schema = dot == std::string::npos ? "" : table.substr(0, dot);
  return sql::query_value(
      patient.connection,
      "SELECT EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = COALESCE(NULLIF(?, ''), "
      "DATABASE()) AND TABLE_NAME = ? AND COLUMN_NAME = ?",
      sql::Values{schema, dot == std::string::npos ? table : table.substr(dot + 1),
                  patient.table.spec().update_time});
}

/// MySQL can move the column by itself; where it does not, every writer has to remember it.
Finding check_on_update(const Patient& patient, Finding finding) {
  const Result<std::optional<std::string>> extra = mysql_extra(patient);
  if (!extra) return unchecked("update_time", extra.error());
  std::string text = extra->value_or("");
  for (char& letter : text) letter = static_cast<char>(std::tolower(letter));
  if (text.contains("on update")) return finding;
  const sql::Column& column = *patient.table.update_column();
  const std::string precision = column.decimals > 0 ? fmt::format("({})", column.decimals) : "";
  const TableSpec& spec = patient.table.spec();
  finding.verdict = Verdict::warning;
  finding.what.en +=
      "; it does not move by itself: a change that forgets to set it is not exported";
  finding.what.zh += "；该列不会自动更新：修改时若忘记设置它，就不会被导出";
  finding.mend = say({"let the server set it on every change", "让服务器在每次修改时自动设置"});
  finding.statement = fmt::format(
      "ALTER TABLE {0} MODIFY {1} {2}{3} DEFAULT CURRENT_TIMESTAMP{4} ON UPDATE "
      "CURRENT_TIMESTAMP{4}",
      patient.connection.quoted(spec.table), patient.connection.quoted(spec.update_time),
      column.declared, column.nullable ? " NULL" : " NOT NULL", precision);
  return finding;
}

}  // namespace

std::string wanted_index_name(const TableSpec& spec) {
  constexpr std::size_t bytes_max = 63;  // PostgreSQL cuts longer names.
  std::string name = "idx_incremental_export";
  if (spec.table == TableSpec{}.table) return name;
  name += '_';
  for (const char c : spec.table) name += c == '.' ? '_' : c;
  if (name.size() <= bytes_max) return name;
  const std::string mark = "_" + short_hash(spec.table);
  std::size_t kept = bytes_max - mark.size();
  while (kept > 0 && (static_cast<unsigned char>(name[kept]) & 0xC0) == 0x80) --kept;
  return name.substr(0, kept) + mark;
}

std::string create_index_statement(const sql::Connection& connection, const TableSpec& spec) {
  std::vector<std::string> columns;
  for (const std::string& column : wanted_index_columns(spec)) {
    columns.push_back(connection.quoted(column));
  }
  const bool postgres = connection.dialect() == sql::Dialect::postgres;
  const bool mysql = connection.dialect() == sql::Dialect::mysql;
  return fmt::format("CREATE INDEX {}{} ON {} ({}){}", postgres ? "CONCURRENTLY " : "",
                     connection.quoted(wanted_index_name(spec)), connection.quoted(spec.table),
                     fmt::join(columns, ", "), mysql ? " ALGORITHM=INPLACE LOCK=NONE" : "");
}

Finding check_names(const Patient& patient) {
  const TableSpec& spec = patient.table.spec();
  Finding finding{.check = "names"};
  std::vector<std::string> loose;
  for (const std::string& name : {spec.tenant, spec.country}) {
    const sql::Column* column = patient.table.table().column(name);
    if (column != nullptr && !column->compares_bytes) {
      loose.push_back(fmt::format("{} ({})", name, column->collation));
    }
  }
  finding.what =
      loose.empty()
          ? say({"tenant and country compare by their bytes", "租户和国家按字节比较"})
          : say({"{}: the column takes 'a' and 'A' for the same; they are kept apart here",
                 "{}：该列把 'a' 与 'A' 视为相同；导出时会加以区分"},
                fmt::join(loose, ", "));
  return finding;
}

Finding check_key(const Patient& patient) {
  const SourceTable& table = patient.table;
  const std::string columns = fmt::format("{}", fmt::join(table.spec().key, ", "));
  Finding finding{.check = "key"};
  if (table.key_is_proven()) {
    finding.what = say({"({}) is unique", "({}) 唯一"}, columns);
  } else {
    const Result<DoubledKeys> doubled = find_doubled_keys(patient);
    if (!doubled) return unchecked("key", doubled.error());
    if (doubled->count > 0) {
      Error error = doubled_key(table, doubled->first, doubled->count - 1,
                                patient.options.layout == Layout::files);
      // All other rows are exported, and these may be accepted.
      finding.verdict = Verdict::warning;
      finding.what = std::move(error.what);
      finding.mend = std::move(error.hint);
      return finding;
    }
    finding.what = say({"no unique index proves ({0}); no key stands in rows that differ",
                        "没有唯一索引保证 ({0}) 唯一；未发现属于多个不同行的键"},
                       columns);
    if (doubled->rows == rows_grouped_max) {
      const Message scope = say({" of the first {}", "（仅查看前 {} 行）"}, doubled->rows);
      finding.what.en += scope.en;
      finding.what.zh += scope.zh;
    }
  }
  if (table.moving_key_columns().empty()) return finding;
  finding.verdict = Verdict::warning;
  const Message moves = moving_key_note(table);
  finding.what.en += "; " + moves.en;
  finding.what.zh += "；" + moves.zh;
  return finding;
}

Finding check_payload_charset(const Patient& patient) {
  const sql::Column* column = patient.table.table().column(patient.table.spec().payload);
  Finding finding{.check = "charset"};
  if (column == nullptr || column->charset.empty() || column->charset == "utf8mb4" ||
      column->charset == "binary") {
    finding.what = say({"the payload's column holds every character", "内容列可保存所有字符"});
    return finding;
  }
  finding.verdict = Verdict::warning;
  finding.what =
      say({"the payload's column is {}: characters outside of it were lost when they were "
           "stored, not by the export",
           "内容列的字符集为 {}：超出该字符集的字符在入库时已丢失，与导出无关"},
          column->charset);
  finding.mend = say({"convert the column to utf8mb4", "请将该列转换为 utf8mb4"});
  return finding;
}

Finding check_index(const Patient& patient) {
  const TableSpec& spec = patient.table.spec();
  if (spec.update_time.empty()) return without_update_time("index");
  const std::vector<std::string> columns = wanted_index_columns(spec);
  if (const sql::Index* index = patient.table.table().index_on(columns)) {
    return {.check = "index",
            .what = say({"{} ({})", "{}（{}）"}, index->name, fmt::join(columns, ", "))};
  }
  return {.check = "index",
          .verdict = Verdict::warning,
          .what = say({"no index starts with {}: each incremental run reads the whole table",
                       "没有以 {} 开头的索引：每次增量导出都会读取全表"},
                      fmt::join(columns, ", ")),
          .mend = say({"tidemark doctor --create-index makes it",
                       "可用 tidemark doctor --create-index 创建"}),
          .statement = create_index_statement(patient.connection, spec)};
}

Finding check_update_time(const Patient& patient) {
  const sql::Column* column = patient.table.update_column();
  if (patient.table.spec().update_time.empty() || column == nullptr) {
    return without_update_time("update_time");
  }
  Finding finding{.check = "update_time"};
  if (const Result<void> usable = patient.table.check_update_time(patient.connection); !usable) {
    finding.verdict = Verdict::failure;
    finding.what = usable.error().what;
    finding.mend = usable.error().hint;
    return finding;
  }
  if (patient.table.stamps_whole_days()) {
    finding.verdict = Verdict::warning;
    finding.what = say({"{} {}: whole days, so a day's changes are exported on the next day",
                        "{} {}：仅精确到天，当天的修改次日才会导出"},
                       column->name, column->declared);
    return finding;
  }
  if (const std::optional<std::string> no_time = patient.table.no_time_condition()) {
    const Result<OddRows> odd = count_odd(patient, *no_time, {});
    if (!odd) return unchecked("update_time", odd.error());
    if (odd->count > 0) {
      finding.verdict = Verdict::failure;
      finding.what =
          count_message(*odd, say({"whose {} is no time, but a number or a day alone, say",
                                   "行的 {} 不是时间（例如是数字，或只有日期）"},
                                  column->name));
      finding.mend =
          say({"no window holds them, and their tenants' watermarks wait: write date and "
               "time there, as 2025-06-01 12:00:00; where days are meant, use a column of type "
               "DATE, or one of a view that gives each day its end (2025-06-01 23:59:59)",
               "任何窗口都不包含这些行，其租户的水位不前移：请写入日期时间，如 "
               "2025-06-01 12:00:00；若本意就是仅记日期，请使用 DATE 类型的列，"
               "或在视图中补上当天的结束时刻（2025-06-01 23:59:59）"});
      return finding;
    }
  }
  finding.what = say({"{} {}", "{} {}"}, column->name, column->declared);
  if (patient.connection.dialect() == sql::Dialect::mysql) {
    return check_on_update(patient, std::move(finding));
  }
  return finding;
}

Finding check_tenants(const SourceTable& table, const std::vector<std::string>& with_bytes) {
  const TableSpec& spec = table.spec();
  if (with_bytes.empty()) return {.check = "tenants", .what = say({"{}", "{}"}, spec.tenant)};
  return {.check = "tenants",
          .verdict = Verdict::warning,
          .what = say({"{} holds bytes (BLOB) beside other values: no index helps to find a tenant",
                       "{} 除其他值外还含有二进制值（BLOB）：无法用索引查找租户"},
                      spec.tenant),
          .mend = say({"UPDATE {0} SET {1} = CAST({1} AS TEXT) WHERE typeof({1}) = 'blob'",
                       "执行 UPDATE {0} SET {1} = CAST({1} AS TEXT) WHERE typeof({1}) = 'blob'"},
                      spec.table, spec.tenant)};
}

Finding check_null_stamps(const Patient& patient) {
  const TableSpec& spec = patient.table.spec();
  const sql::Column* column = patient.table.update_column();
  if (spec.update_time.empty() || column == nullptr) return without_update_time("null_stamps");
  const bool sqlite = patient.connection.dialect() == sql::Dialect::sqlite;
  if (!column->nullable && !sqlite) {
    return {.check = "null_stamps", .what = say({"the column cannot be NULL", "该列不可为 NULL"})};
  }
  const Result<OddRows> odd =
      count_odd(patient, patient.connection.quoted(spec.update_time) + " IS NULL", {});
  if (!odd) return unchecked("null_stamps", odd.error());
  Finding finding{.check = "null_stamps",
                  .what = count_message(*odd, say({"without update time", "行没有更新时间"}))};
  if (odd->count > 0) {
    finding.verdict = Verdict::warning;
    finding.mend =
        say({"no incremental run finds them: set the column, or use full exports or the "
             "sweep",
             "增量导出找不到这些行：请补上该列，或使用全量导出、核对"});
  }
  return finding;
}

Finding check_future_stamps(const Patient& patient) {
  const TableSpec& spec = patient.table.spec();
  if (spec.update_time.empty()) return without_update_time("future_stamps");
  const Result<CivilTime> now = patient.connection.now();
  if (!now) return unchecked("future_stamps", now.error());
  const Result<OddRows> odd =
      count_odd(patient, patient.connection.quoted(spec.update_time) + " > ?", {now->text()});
  if (!odd) return unchecked("future_stamps", odd.error());
  Finding finding{
      .check = "future_stamps",
      .what = count_message(*odd, say({"stamped later than now", "行的更新时间在未来"}))};
  if (odd->count > 0) {
    finding.verdict = Verdict::warning;
    finding.mend = say({"they are exported when that time has come; often the zone is wrong: "
                        "export.{}.zone",
                        "到那时才会导出；通常是时区设置有误：export.{}.zone"},
                       spec.name);
  }
  return finding;
}

}  // namespace tidemark::exporter
