#include "sql/postgres/postgres_connection.h"

#include <charconv>

#include "base/check.h"
#include "sql/identifier.h"
#include "sql/postgres/postgres_copy.h"
#include "sql/postgres/postgres_cursor.h"
#include "sql/postgres/postgres_open_transactions.h"
#include "sql/postgres/postgres_schema.h"
#include "sql/statement.h"
#include "sql/zone.h"

namespace tidemark::sql {
namespace {

constexpr const char* session_settings =
    "SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';"
    " SET extra_float_digits = 1; SET standard_conforming_strings = on;"
    " SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// A database in SQL_ASCII holds bytes of any encoding. To a client of UTF8 the server refuses what
/// is none, and with the row the whole answer; the bytes as they are may be judged row by row, as
/// those of SQLite. (PostgreSQL 15, 24.3.3: no conversion where either side is SQL_ASCII, but what
/// comes is still verified against the other side's encoding.)
constexpr const char* settings_of_raw_bytes = "SET client_encoding = 'SQL_ASCII'";

Error unknown_zone(std::string_view zone) {
  return make_error(ErrorKind::invalid_config,
                    {"the server does not know the time zone {}", "服务器不认识时区 {}"}, zone)
      .with_hint({"write an offset such as +08:00, or a name such as Asia/Shanghai",
                  "请写作 +08:00 这样的偏移量，或 Asia/Shanghai 这样的名称"});
}

/// Statements without parameters, in one message.
Result<void> run_all(PostgresSession& session, const char* statements) {
  if (PQsendQuery(session.handle(), statements) == 0) return fail(session.connection_failure());
  if (Result<void> sent = session.flush(); !sent) return sent;
  while (true) {
    Result<PostgresResult> done = session.next_result(statements);
    if (!done) return fail(std::move(done).error());
    if (!*done) return {};
  }
}

}  // namespace

Result<std::unique_ptr<Connection>> PostgresConnection::open(const Url& url,
                                                             const ConnectOptions& options) {
  Result<PostgresSession> session = PostgresSession::open(url, options);
  if (!session) return fail(std::move(session).error());
  if (Result<void> set = run_all(*session, session_settings); !set) {
    return fail(std::move(set).error());
  }
  if (session->server_encoding() == "SQL_ASCII") {
    if (Result<void> set = run_all(*session, settings_of_raw_bytes); !set) {
      return fail(std::move(set).error());
    }
  }
  return std::unique_ptr<Connection>(new PostgresConnection(std::move(*session)));
}

Result<void> PostgresConnection::send(std::string_view sql, std::span<const Value> params) {
  const PostgresStatement& statement = statements_.convert(sql);
  if (statement.parameters != params.size()) {
    return fail(wrong_parameter_count(sql, statement.parameters, params.size()));
  }
  Result<PostgresParameters> parameters = PostgresParameters::make(params);
  if (!parameters) return fail(std::move(parameters).error());
  PGconn* handle = session_.handle();
  if (PQsendQueryParams(handle, statement.text.c_str(), parameters->count(), parameters->types(),
                        parameters->values(), parameters->lengths(), parameters->formats(),
                        0) == 0) {
    return fail(session_.connection_failure());
  }
  check(PQsetSingleRowMode(handle) == 1, "single-row mode is set right after sending");
  return session_.flush();
}

Result<std::int64_t> PostgresConnection::execute(std::string_view sql,
                                                 std::span<const Value> params) {
  if (Result<void> sent = send(sql, params); !sent) return fail(std::move(sent).error());
  std::int64_t changed = 0;
  while (true) {
    Result<PostgresResult> result = session_.next_result(sql);
    if (!result) return fail(std::move(result).error());
    if (!*result) return changed;
    if (PQresultStatus(result->get()) == PGRES_COMMAND_OK) {
      const std::string_view digits = PQcmdTuples(result->get());
      std::from_chars(digits.data(), digits.data() + digits.size(), changed);
    }
  }
}

Result<std::unique_ptr<Cursor>> PostgresConnection::query(std::string_view sql,
                                                          std::span<const Value> params) {
  if (Result<void> sent = send(sql, params); !sent) return fail(std::move(sent).error());
  Result<PostgresResult> first = session_.next_result(sql);
  if (!first) return fail(std::move(first).error());
  return std::make_unique<PostgresCursor>(session_, std::move(*first), std::string(sql));
}

Result<void> PostgresConnection::begin(Isolation isolation) {
  if (isolation != Isolation::snapshot) {
    const Result<std::int64_t> begun = execute("BEGIN READ WRITE", {});
    return begun ? Result<void>{} : fail(begun.error());
  }
  // A transaction sees the state of its first read, so the first read is here.
  Result<void> begun = run_all(session_,
                               "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1; "
                               "SAVEPOINT snapshot");
  if (!begun) rollback();
  return begun;
}

Result<void> PostgresConnection::commit() {
  // COMMIT of a failed transaction rolls back and does not call that an error.
  if (PQtransactionStatus(session_.handle()) == PQTRANS_INERROR) {
    rollback();
    return fail(ErrorKind::query, {"PostgreSQL: the transaction had failed and was rolled back",
                                   "PostgreSQL：事务已失败，已回滚"});
  }
  const Result<std::int64_t> committed = execute("COMMIT", {});
  return committed ? Result<void>{} : fail(committed.error());
}

void PostgresConnection::rollback() {
  if (PQtransactionStatus(session_.handle()) == PQTRANS_IDLE) return;
  // Nothing is left to do about a failure: the server rolls back when the connection ends.
  [[maybe_unused]] const Result<std::int64_t> ignored = execute("ROLLBACK", {});
}

Result<std::int64_t> PostgresConnection::bulk_insert(std::string_view table,
                                                     std::span<const std::string> columns,
                                                     RowSource& rows) {
  std::string sql = fmt::format("COPY {} (", quoted(table));
  for (const std::string& column : columns) {
    if (sql.back() != '(') sql += ", ";
    sql += quoted_identifier(column, '"');
  }
  sql += ") FROM STDIN";
  return copy_rows(session_, sql, columns.size(), rows);
}

std::string PostgresConnection::quoted(std::string_view identifier) const {
  return quoted_identifier(identifier, '"');
}

Result<ServerInfo> PostgresConnection::server() {
  ServerInfo info;
  info.product = "PostgreSQL";
  const Result<std::optional<std::string>> version = query_value(*this, "SHOW server_version");
  if (!version) return fail(version.error());
  info.version = version->value_or("");
  const Result<std::optional<std::string>> zone =
      query_value(*this, "SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'");
  if (!zone) return fail(zone.error());
  info.zone = zone->value_or("");
  return info;
}

Result<Table> PostgresConnection::describe(std::string_view table) {
  return describe_postgres(*this, table);
}

Result<void> PostgresConnection::set_zone(std::string_view zone) {
  Result<std::int64_t> set = 0;
  if (zone.empty()) {
    set = execute("SET TIME ZONE DEFAULT", {});
  } else if (parse_offset(zone)) {
    // As a name, an offset would be read the POSIX way, with its sign turned round.
    set = execute(fmt::format("SET TIME ZONE INTERVAL '{}' HOUR TO MINUTE", zone), {});
  } else if (zone[0] == '+' || zone[0] == '-') {
    return fail(unknown_zone(zone));
  } else {
    set = execute("SELECT set_config('TimeZone', ?, false)", Values{std::string(zone)});
  }
  if (set) return {};
  if (set.error().kind != ErrorKind::query) return fail(std::move(set).error());
  return fail(unknown_zone(zone));
}

Result<CivilTime> PostgresConnection::now() {
  const Result<std::optional<std::string>> text =
      query_value(*this, "SELECT clock_timestamp()::timestamp");
  if (!text) return fail(text.error());
  const std::optional<CivilTime> time = CivilTime::parse(text->value_or(""));
  if (!time) {
    return fail(ErrorKind::query, {"PostgreSQL: DateStyle was changed; it must be ISO",
                                   "PostgreSQL：DateStyle 被改动，必须为 ISO"});
  }
  return *time;
}

Result<OpenTransactions> PostgresConnection::open_transactions() {
  return open_postgres_transactions(*this);
}

}  // namespace tidemark::sql
