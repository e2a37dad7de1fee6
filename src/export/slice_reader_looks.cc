// What a job looks for once before, or after, it reads: rows that no statement could read again.

#include <fmt/ranges.h>

#include <utility>

#include "base/bytes.h"
#include "export/slice_reader.h"
#include "sql/rows.h"

namespace tidemark::exporter {

Result<void> SliceReader::look_for_unusable_keys(const SliceTask& task) {
  // Once for what the job began with: the rests of a slice that was cut have `after`.
  if (task.slice.after || !task.slice.keys.empty()) return {};
  const std::optional<Statement> count = table_.count_unusable_keys(task.slice);
  if (!count) return {};
  const Result<std::optional<std::string>> found =
      sql::query_value(*connection_, count->sql, count->params);
  if (!found) return std::unexpected(found.error());
  if (found->value_or("0") == "0") return {};
  const TableSpec& spec = table_.spec();
  task.job->fail_with(
      make_error(ErrorKind::rejected,
                 {"{0} {3} of {1} without a usable key ({2} is NULL or of a foreign type) {4} not "
                  "exported",
                  "表 {1} 有 {0} 行没有可用的键（{2} 为 NULL 或类型不符），未导出"},
                 found->value_or("?"), spec.table, fmt::join(spec.key, ", "),
                 *found == "1" ? "row" : "rows", *found == "1" ? "is" : "are")
          .with_hint({"give these rows a key, or name other columns: export.{}.key = \"…\"; "
                      "everything else is exported",
                      "请为这些行补上键，或指定其他列：export.{}.key = \"…\"；其余行均已导出"},
                     spec.name));
  return {};
}

Result<void> SliceReader::look_for_no_times(const SliceTask& task) {
  if (task.slice.after || !task.slice.keys.empty()) return {};
  const std::optional<Statement> count = table_.count_no_times(task.slice);
  if (!count) return {};
  const auto counted =
      sql::first_row(connection_->query(count->sql, count->params), [](const sql::Cursor& row) {
        return std::pair(std::string(row.at(0).value_or("0")), printable(row.at(1).value_or("")));
      });
  if (!counted) return std::unexpected(counted.error());
  if (!*counted || (*counted)->first == "0") return {};
  const auto& [found, example] = **counted;
  const TableSpec& spec = table_.spec();
  task.job->fail_with(
      make_error(
          ErrorKind::rejected,
          {"{0} of {1} is no time in {2} {4}, such as {3}: no window holds {5}, so "
           "the watermark waits",
           "表 {1} 有 {2} 行的 {0} 不是时间（例如 {3}）：任何窗口都不会包含这些行，水位不前移"},
          spec.update_time, spec.table, found, example, found == "1" ? "row" : "rows",
          found == "1" ? "it" : "them")
          .with_hint({"write date and time there, as 2025-06-01 12:00:00, or name another column "
                      "in export.{}.update_time_column, such as one of a view; where days are "
                      "meant, a column of type DATE, or one of a view that gives each day its end "
                      "(2025-06-01 23:59:59); everything else is exported",
                      "请在该列写入日期时间（如 2025-06-01 12:00:00），或在 "
                      "export.{}.update_time_column "
                      "中指定其他列（例如来自视图）；若本意就是仅记日期，请使用 DATE 类型的列，"
                      "或在视图中补上当天的结束时刻（2025-06-01 23:59:59）；其余行均已导出"},
                     spec.name));
  return {};
}

Result<void> SliceReader::look_for_any_row(const SliceTask& task, std::uint64_t rows) {
  if (rows > 0 || task.slice.after || !task.slice.keys.empty() || !task.job->is_first) return {};
  const std::string& tenant = task.job->tenant;
  const Statement any = table_.has_rows_of(tenant);
  const Result<std::optional<std::string>> found =
      sql::query_value(*connection_, any.sql, any.params);
  if (!found) return std::unexpected(found.error());
  if (*found) return {};
  // It may have been deleted since the tenants were listed, or stand in the state file alone.
  const Result<bool> listed = is_listed(tenant);
  if (!listed) return std::unexpected(listed.error());
  if (!*listed) return {};
  const TableSpec& spec = table_.spec();
  task.job->fail_with(
      make_error(ErrorKind::rejected,
                 {"the rows of {1} whose {0} is {2} cannot be found by it: a column of type {3} "
                  "does not compare with its own text",
                  "无法按 {0} = {2} 查到表 {1} 中的行：类型为 {3} 的列与其自身的文本不相等"},
                 spec.tenant, spec.table, printable(tenant),
                 table_.table().column(spec.tenant)->declared)
          .with_hint({"name a column of texts or whole numbers in export.{}.tenant_column, such as "
                      "one of a view",
                      "请在 export.{}.tenant_column 中指定文本或整数列（例如来自视图）"},
                     spec.name));
  return {};
}

Result<bool> SliceReader::is_listed(const std::string& tenant) {
  const Statement tenants = table_.tenants();
  Result<std::unique_ptr<sql::Cursor>> cursor = connection_->query(tenants.sql, tenants.params);
  if (!cursor) return fail(std::move(cursor.error()));
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row || !*row) return row;
    if ((*cursor)->at(0).value_or("") == tenant) return true;
  }
}

}  // namespace tidemark::exporter
