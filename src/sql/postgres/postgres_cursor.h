#pragma once

#include <string>
#include <vector>

#include "sql/connection.h"
#include "sql/postgres/postgres_session.h"

namespace tidemark::sql {

/// The rows of a statement sent in single-row mode. Destroyed early, it reads up to 1 MB more and
/// then has the statement cancelled; inside a transaction that ends the transaction, as any error
/// does on PostgreSQL.
class PostgresCursor final : public Cursor {
 public:
  /// `first` is the first result: a row, or the end.
  PostgresCursor(PostgresSession& session, PostgresResult first, std::string sql);
  ~PostgresCursor() override;
  PostgresCursor(const PostgresCursor&) = delete;
  PostgresCursor& operator=(const PostgresCursor&) = delete;

  [[nodiscard]] Result<bool> next() override;
  [[nodiscard]] std::size_t columns() const override { return columns_; }
  [[nodiscard]] std::optional<std::string_view> at(std::size_t column) const override;

 private:
  [[nodiscard]] Result<void> decode_bytes();
  [[nodiscard]] std::size_t row_bytes() const;

  PostgresSession& session_;
  PostgresResult result_;  ///< The current row; before the first next() the first one.
  std::string sql_;
  std::size_t columns_;
  bool started_ = false;
  bool finished_ = false;
  std::vector<std::size_t> byte_columns_;  ///< bytea, which the server writes as `\x41…`.
  std::vector<std::string> bytes_;         ///< By column: the decoded bytes of the current row.
};

}  // namespace tidemark::sql
