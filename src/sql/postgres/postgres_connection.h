#pragma once

#include "sql/connection.h"
#include "sql/postgres/postgres_session.h"
#include "sql/postgres/postgres_statement.h"

namespace tidemark::sql {

/// A session on PostgreSQL 12 or later, in the extended protocol: parameters never become part of
/// the statement's text. Statements are not prepared under a name: a generic plan, which the
/// server may choose from the sixth use on, can be far worse for ranges of keys.
///
/// Session: UTF-8, ISO dates, bytea as hex (handed out as bytes); limits on the time of statements
/// and idle transactions are lifted. A text with a NUL is refused, the server cannot store it.
/// After a failed statement the whole transaction is lost; commit() then says so.
class PostgresConnection final : public Connection {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const Url& url,
                                                                const ConnectOptions& options);

  [[nodiscard]] Dialect dialect() const override { return Dialect::postgres; }
  [[nodiscard]] Result<std::int64_t> execute(std::string_view sql,
                                             std::span<const Value> params) override;
  [[nodiscard]] Result<std::unique_ptr<Cursor>> query(std::string_view sql,
                                                      std::span<const Value> params) override;
  [[nodiscard]] Result<void> begin(Isolation isolation) override;
  [[nodiscard]] Result<void> commit() override;
  void rollback() override;
  [[nodiscard]] Result<std::int64_t> bulk_insert(std::string_view table,
                                                 std::span<const std::string> columns,
                                                 RowSource& rows) override;
  [[nodiscard]] std::string quoted(std::string_view identifier) const override;
  [[nodiscard]] Result<ServerInfo> server() override;
  [[nodiscard]] Result<Table> describe(std::string_view table) override;
  [[nodiscard]] Result<void> set_zone(std::string_view zone) override;
  [[nodiscard]] Result<CivilTime> now() override;
  [[nodiscard]] Result<OpenTransactions> open_transactions() override;
  void cancel() override { session_.cancel(); }

 private:
  explicit PostgresConnection(PostgresSession session) : session_(std::move(session)) {}
  /// Sends the statement in single-row mode.
  [[nodiscard]] Result<void> send(std::string_view sql, std::span<const Value> params);

  PostgresSession session_;
  PostgresStatements statements_;
};

}  // namespace tidemark::sql
