#include "sql/mysql/mysql_cursor.h"

#include "base/check.h"

namespace tidemark::sql {
namespace {

/// What an abandoned cursor reads before it has the query killed: cheaper than a connection.
constexpr std::size_t drained_bytes_max = 1 << 20;

}  // namespace

Result<void> finish_results(MYSQL* handle, std::string_view sql) {
  while (true) {
    if (const MysqlResult result(mysql_use_result(handle)); result) {
      while (mysql_fetch_row(result.get()) != nullptr) {
      }
    }
    if (mysql_errno(handle) != 0) return fail(mysql_failure(handle, sql));
    if (!mysql_more_results(handle)) return {};
    if (mysql_next_result(handle) > 0) return fail(mysql_failure(handle, sql));
  }
}

MysqlCursor::MysqlCursor(MYSQL* handle, MysqlResult result, std::string sql,
                         std::function<void()> kill)
    : handle_(handle),
      result_(std::move(result)),
      sql_(std::move(sql)),
      kill_(std::move(kill)),
      columns_(result_ ? mysql_num_fields(result_.get()) : 0),
      finished_(!result_) {}

MysqlCursor::~MysqlCursor() {
  std::size_t drained = 0;
  while (!finished_ && drained < drained_bytes_max) {
    const Result<bool> row = next();
    if (!row || !*row) break;
    drained += row_bytes();
  }
  if (!finished_) kill_();
  result_.reset();  // Reads what is left, at most what was on its way when the query was killed.
  // Nobody waits for the rest any more; a broken connection shows in the next statement.
  [[maybe_unused]] const Result<void> ignored = finish_results(handle_, sql_);
}

std::size_t MysqlCursor::row_bytes() const {
  std::size_t bytes = columns_;
  for (std::size_t i = 0; i < columns_; ++i) bytes += lengths_[i];
  return bytes;
}

Result<bool> MysqlCursor::next() {
  if (finished_) return false;
  row_ = mysql_fetch_row(result_.get());
  if (row_ != nullptr) {
    lengths_ = mysql_fetch_lengths(result_.get());
    return true;
  }
  finished_ = true;
  if (mysql_errno(handle_) != 0) return fail(mysql_failure(handle_, sql_));
  result_.reset();
  if (Result<void> rest = finish_results(handle_, sql_); !rest) {
    return fail(std::move(rest).error());
  }
  return false;
}

std::optional<std::string_view> MysqlCursor::at(std::size_t column) const {
  check(row_ != nullptr && column < columns_, "a value is read from a row that is there");
  if (row_[column] == nullptr) return std::nullopt;
  return std::string_view(row_[column], lengths_[column]);
}

}  // namespace tidemark::sql
