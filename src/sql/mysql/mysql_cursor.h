#pragma once

#include <functional>
#include <string>

#include "sql/connection.h"
#include "sql/mysql/mysql_handle.h"

namespace tidemark::sql {

/// The rows of a text result as they come off the wire; values are not copied.
class MysqlCursor final : public Cursor {
 public:
  /// `kill` stops the running query from a second connection; used when the cursor is destroyed
  /// while much may be left. `result` may be null for a statement without rows.
  MysqlCursor(MYSQL* handle, MysqlResult result, std::string sql, std::function<void()> kill);
  ~MysqlCursor() override;
  MysqlCursor(const MysqlCursor&) = delete;
  MysqlCursor& operator=(const MysqlCursor&) = delete;

  [[nodiscard]] Result<bool> next() override;
  [[nodiscard]] std::size_t columns() const override { return columns_; }
  [[nodiscard]] std::optional<std::string_view> at(std::size_t column) const override;

 private:
  [[nodiscard]] std::size_t row_bytes() const;

  MYSQL* handle_;
  MysqlResult result_;
  std::string sql_;
  std::function<void()> kill_;
  std::size_t columns_;
  MYSQL_ROW row_ = nullptr;
  const unsigned long* lengths_ = nullptr;
  bool finished_ = false;
};

/// Reads and forgets the rest of a statement's results (a CALL has one more than it shows), so that
/// the next statement may be sent. Errors: that of the first part that failed.
[[nodiscard]] Result<void> finish_results(MYSQL* handle, std::string_view sql);

}  // namespace tidemark::sql
