#pragma once

#include "sql/connection.h"
#include "sql/mysql/mysql_bulk.h"
#include "sql/mysql/mysql_handle.h"

namespace tidemark::sql {

/// A session on MySQL (5.7, 8), MariaDB, and what speaks their protocol.
///
/// Always the text protocol, each parameter as a literal. Measured against MariaDB 10.11, 52,480
/// rows of 2.1 KB: the rows of a text result are handed out where the client library put them,
/// while a prepared statement copies each value into a bound buffer and costs a second round trip
/// (and a slot of the server's max_prepared_stmt_count) for each new text. The literals are safe:
/// text is escaped by mysql_real_escape_string, which follows the session's sql_mode, in utf8mb4,
/// where no byte of a longer character looks like a quote; and EXPLAIN shows the same index use
/// as with bound values on utf8mb4, latin1, DATETIME and integer columns.
///
/// Session: utf8mb4, autocommit, strict about values but not about zero dates, which are read and
/// written as `0000-00-00`; limits on the time of statements and idle transactions are lifted;
/// the server waits 10 minutes for a slow reader.
///
/// Text in another character set arrives as UTF-8. An UPDATE counts the rows it matched.
class MysqlConnection final : public Connection {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const Url& url,
                                                                const ConnectOptions& options);

  [[nodiscard]] Dialect dialect() const override { return Dialect::mysql; }
  [[nodiscard]] Result<std::int64_t> execute(std::string_view sql,
                                             std::span<const Value> params) override;
  [[nodiscard]] Result<std::unique_ptr<Cursor>> query(std::string_view sql,
                                                      std::span<const Value> params) override;
  [[nodiscard]] Result<void> begin(Isolation isolation) override;
  [[nodiscard]] Result<void> commit() override;
  void rollback() override;
  /// MariaDB: inserts in binary form (MysqlBulk). MySQL: multi-row INSERTs of up to 4 MB. Not LOAD
  /// DATA LOCAL, which reads long texts byte by byte (1,000 rows with 1.2 KB each: 30 % slower than
  /// the binary form), is off by default in MySQL 8, and turns duplicate keys and wrong values into
  /// warnings, so rows could be lost in silence.
  [[nodiscard]] Result<std::int64_t> bulk_insert(std::string_view table,
                                                 std::span<const std::string> columns,
                                                 RowSource& rows) override;
  [[nodiscard]] std::string quoted(std::string_view identifier) const override;
  [[nodiscard]] Result<ServerInfo> server() override;
  [[nodiscard]] Result<Table> describe(std::string_view table) override;
  [[nodiscard]] Result<void> set_zone(std::string_view zone) override;
  [[nodiscard]] Result<CivilTime> now() override;
  [[nodiscard]] Result<OpenTransactions> open_transactions() override;
  /// KILL QUERY over a second connection; if that cannot be made, our socket is shut down, and the
  /// connection is then unreachable.
  void cancel() override;

 private:
  MysqlConnection(MysqlHandle handle, Url url, const ConnectOptions& options);
  [[nodiscard]] Result<void> configure();
  /// Sends the statement and reads the first answer.
  [[nodiscard]] Result<void> send(std::string_view sql, std::span<const Value> params);
  [[nodiscard]] Result<void> send_text(const std::string& text, std::string_view sql);
  [[nodiscard]] Result<std::int64_t> insert_all(std::string_view table,
                                                std::span<const std::string> columns,
                                                RowSource& rows);
  [[nodiscard]] Result<std::int64_t> insert_tuples(const std::string& head, std::size_t columns,
                                                   RowSource& rows);

  MysqlHandle handle_;
  std::optional<MysqlBulk> bulk_;  ///< Where the server offers it.
  const Url url_;
  const ConnectOptions options_;
  const unsigned long thread_id_;
  const bool mariadb_;
  std::size_t packet_bytes_max_ = 0;
  std::string zone_;
  std::string text_;  ///< The statement being built; kept for its capacity.
};

}  // namespace tidemark::sql
