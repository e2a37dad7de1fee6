#pragma once

#include <mysql.h>

#include <memory>
#include <string>
#include <vector>

#include "sql/connection.h"

namespace tidemark::sql {

/// Inserts of MariaDB that carry the values of many rows in binary form (COM_STMT_BULK_EXECUTE):
/// nothing is parsed, so the server needs a third less time than for a multi-row INSERT. MySQL has
/// no such thing.
///
/// The prepared statements are kept, the last few. Must not outlive its handle.
class MysqlBulk {
 public:
  explicit MysqlBulk(MYSQL* handle) : handle_(handle) {}

  [[nodiscard]] static bool offered_by(MYSQL* handle);

  /// `sql`: an INSERT of one row with `columns` times `?`. Rows are gathered up to a few megabytes
  /// and sent, until there are no more; `packet_bytes_max`: what the server takes at once. Returns
  /// rows. In a transaction of the caller's, which is to be rolled back after an error.
  [[nodiscard]] Result<std::int64_t> insert(const std::string& sql, std::size_t columns,
                                            RowSource& rows, std::size_t packet_bytes_max);

 private:
  struct Close {
    void operator()(MYSQL_STMT* statement) const { mysql_stmt_close(statement); }
  };
  class Packet;
  struct Prepared {
    std::string sql;
    std::unique_ptr<MYSQL_STMT, Close> statement;
  };

  [[nodiscard]] Result<MYSQL_STMT*> prepared(const std::string& sql);
  /// What failed last; the statement is forgotten.
  [[nodiscard]] Error failure(MYSQL_STMT* statement, const std::string& sql);
  [[nodiscard]] Result<void> execute(MYSQL_STMT* statement, const std::string& sql, Packet& packet);

  MYSQL* const handle_;
  std::vector<Prepared> statements_;  ///< The last used first.
};

}  // namespace tidemark::sql
