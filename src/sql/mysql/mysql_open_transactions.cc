#include "sql/mysql/mysql_open_transactions.h"

#include <charconv>

#include "sql/mysql/could_write.h"
#include "sql/statement.h"

namespace tidemark::sql {
namespace {

// trx_started is a local time without zone, so one hour a year is ambiguous: if the clock read the
// same an hour earlier, that hour is meant (too old holds back a little longer, too young loses
// rows). Both ends are whole seconds, hence + 1.
constexpr std::string_view transactions_sql =
    "SELECT (UNIX_TIMESTAMP() - UNIX_TIMESTAMP(t.trx_started) + 1"
    "        + IF(FROM_UNIXTIME(UNIX_TIMESTAMP(t.trx_started) - 3600) = t.trx_started, 3600, 0))"
    "       * 1000000,"
    " t.trx_mysql_thread_id, t.trx_rows_modified, LEFT(t.trx_query, 65536), p.USER, p.HOST"
    " FROM information_schema.INNODB_TRX t"
    " LEFT JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id"
    " WHERE (t.trx_rows_modified > 0 OR t.trx_state = 'LOCK WAIT')"
    " AND t.trx_mysql_thread_id <> CONNECTION_ID()";

/// A statement's age in microseconds: exact on MariaDB, whole seconds on MySQL.
constexpr std::string_view mariadb_statements_sql =
    "SELECT TIME_MS * 1000, ID, 1, LEFT(INFO, 65536), USER, HOST"
    " FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Query', 'Execute')"
    " AND ID <> CONNECTION_ID() AND USER <> 'system user'";
constexpr std::string_view mysql_statements_sql =
    "SELECT (TIME + 1) * 1000000, ID, 1, LEFT(INFO, 65536), USER, HOST"
    " FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Query', 'Execute')"
    " AND ID <> CONNECTION_ID() AND USER <> 'system user'";

std::string who(const Cursor& row) {
  const std::string_view thread = row.at(1).value_or("0");
  if (thread == "0") return "prepared XA transaction";
  std::string text = fmt::format("thread {}", thread);
  const std::string_view user = row.at(4).value_or("");
  const std::string_view statement = row.at(3).value_or("idle in a transaction");
  if (!user.empty()) text += fmt::format(" {}@{}", user, row.at(5).value_or(""));
  return text + ", " + excerpt(statement);
}

std::chrono::microseconds age_of(const Cursor& row) {
  const std::string_view text = row.at(0).value_or("");  // Maybe with decimals, which are cut.
  std::int64_t microseconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), microseconds);
  return std::chrono::microseconds{std::max<std::int64_t>(0, microseconds)};
}

/// Keeps the oldest of the rows that could still commit an older stamp.
Result<void> keep_oldest(Connection& connection, std::string_view sql, OpenTransactions& open) {
  Result<std::unique_ptr<Cursor>> rows = connection.query(sql);
  if (!rows) return fail(std::move(rows));
  while (true) {
    Result<bool> row = (*rows)->next();
    if (!row) return fail(std::move(row));
    if (!*row) return {};
    const bool modified = sql == transactions_sql && (*rows)->at(2).value_or("0") != "0";
    if (!modified && !could_write((*rows)->at(3))) continue;
    const std::chrono::microseconds age = age_of(**rows);
    // What the recovery after a crash found prepared shows the time of the recovery.
    const bool start_unknown =
        (open.oldest && open.oldest->start_unknown) || (*rows)->at(1).value_or("0") == "0";
    if (!open.oldest || age > open.oldest->age) open.oldest = OpenTransaction{age, who(**rows)};
    open.oldest->start_unknown = start_unknown;
  }
}

}  // namespace

Result<OpenTransactions> open_mysql_transactions(Connection& connection, bool mariadb) {
  OpenTransactions open;
  if (Result<void> seen = keep_oldest(connection, transactions_sql, open); !seen) {
    if (seen.error().kind != ErrorKind::unauthorized) return fail(std::move(seen).error());
    open.complete = false;
    open.missing_grant = "PROCESS";
  }
  // Without PROCESS this shows the own user's sessions, which is better than nothing.
  const std::string_view statements = mariadb ? mariadb_statements_sql : mysql_statements_sql;
  if (Result<void> seen = keep_oldest(connection, statements, open); !seen) {
    return fail(std::move(seen).error());
  }
  return open;
}

}  // namespace tidemark::sql
