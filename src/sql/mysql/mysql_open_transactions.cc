#include "sql/mysql/mysql_open_transactions.h"

#include <charconv>
#include <thread>

#include "sql/mysql/could_write.h"
#include "sql/statement.h"

namespace tidemark::sql {
namespace {

constexpr int list_attempts_max = 13;  // Three seconds.

/// InnoDB makes its list anew when nobody has read it for 0.1 s. Exports that wait for that in step
/// would keep each other from it: each session has pauses of its own.
std::chrono::milliseconds list_pause(std::uint64_t session, int attempt) {
  constexpr std::uint64_t golden_ratio = 0x9E37'79B9'7F4A'7C15;
  const std::uint64_t mixed =
      (session * list_attempts_max + static_cast<std::uint64_t>(attempt)) * golden_ratio;
  return std::chrono::milliseconds{110 + (mixed >> 56)};
}

// trx_started is a local time without zone, so one hour a year is ambiguous: if the clock read the
// same an hour earlier, that hour is meant (too old holds back a little longer, too young loses
// rows). Both ends are whole seconds, hence + 1.
constexpr std::string_view transactions_sql =
    "SELECT (UNIX_TIMESTAMP() - UNIX_TIMESTAMP(t.trx_started) + 1"
    "        + IF(FROM_UNIXTIME(UNIX_TIMESTAMP(t.trx_started) - 3600) = t.trx_started, 3600, 0))"
    "       * 1000000,"
    " t.trx_mysql_thread_id, t.trx_rows_modified, LEFT(t.trx_query, 65536), p.USER, p.HOST,"
    " t.trx_mysql_thread_id = CONNECTION_ID()"
    " FROM information_schema.INNODB_TRX t"
    " LEFT JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id"
    " WHERE t.trx_rows_modified > 0 OR t.trx_state = 'LOCK WAIT'"
    " OR t.trx_mysql_thread_id = CONNECTION_ID()";

/// A statement's age in microseconds: exact on MariaDB, whole seconds on MySQL.
constexpr std::string_view mariadb_age = "TIME_MS * 1000";
constexpr std::string_view mysql_age = "(TIME + 1) * 1000000";

// Whatever has a text is at work, under whatever name: bulk statements are `Bulk_execute`, those of
// an event may be `Connect`. A text may be missing at the very beginning of a statement.
constexpr std::string_view statements_sql =
    "SELECT {}, ID, 1, LEFT(INFO, 65536), USER, HOST, 0"
    " FROM information_schema.PROCESSLIST"
    " WHERE (INFO IS NOT NULL OR COMMAND IN ('Query', 'Execute', 'Bulk_execute'))"
    " AND COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Binlog Dump GTID')"
    " AND ID <> CONNECTION_ID() AND USER <> 'system user'";

Message who(const Cursor& row) {
  const std::string_view thread = row.at(1).value_or("0");
  if (thread == "0") return say({"prepared XA transaction", "已准备的 XA 事务"});
  std::string session(thread);
  const std::string_view user = row.at(4).value_or("");
  if (!user.empty()) session += fmt::format(" {}@{}", user, row.at(5).value_or(""));
  const std::optional<std::string_view> statement = row.at(3);
  if (!statement) {
    return say({"thread {}, idle in a transaction", "线程 {}，事务中空闲"}, session);
  }
  return say({"thread {}, {}", "线程 {}，{}"}, session, outline(*statement));
}

std::chrono::microseconds age_of(const Cursor& row) {
  const std::string_view text = row.at(0).value_or("");  // Maybe with decimals, which are cut.
  std::int64_t microseconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), microseconds);
  return std::chrono::microseconds{std::max<std::int64_t>(0, microseconds)};
}

/// The row is this session's own.
bool is_own(const Cursor& row) { return row.at(6) == "1"; }

/// What the recovery after a crash found prepared shows the time of the recovery.
bool has_unknown_start(const Cursor& row) { return row.at(1).value_or("0") == "0"; }

void keep_oldest(const Cursor& row, OpenTransactions& open) {
  const std::chrono::microseconds age = age_of(row);
  const bool start_unknown = (open.oldest && open.oldest->start_unknown) || has_unknown_start(row);
  if (!open.oldest || age > open.oldest->age) open.oldest = OpenTransaction{age, who(row)};
  open.oldest->start_unknown = start_unknown;
}

Result<void> look_at_statements(Connection& connection, bool mariadb, OpenTransactions& open) {
  Result<std::unique_ptr<Cursor>> rows =
      connection.query(fmt::format(statements_sql, mariadb ? mariadb_age : mysql_age));
  if (!rows) return fail(std::move(rows));
  while (true) {
    const Result<bool> row = (*rows)->next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (could_write((*rows)->at(3))) keep_oldest(**rows, open);
  }
}

/// False: the list is from before this session's transaction began.
Result<bool> look_at_transactions(Connection& connection, OpenTransactions& open) {
  Result<std::unique_ptr<Cursor>> rows = connection.query(transactions_sql);
  if (!rows) return fail(std::move(rows));
  bool fresh = false;
  while (true) {
    const Result<bool> row = (*rows)->next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return fresh;
    fresh = fresh || is_own(**rows);
    const bool modified = (*rows)->at(2).value_or("0") != "0";
    if (!is_own(**rows) && (modified || could_write((*rows)->at(3)))) keep_oldest(**rows, open);
  }
}

Result<std::uint64_t> id_of(Connection& connection) {
  const Result<std::optional<std::string>> id = query_value(connection, "SELECT CONNECTION_ID()");
  if (!id) return std::unexpected(id.error());
  std::uint64_t number = 0;
  const std::string& text = id->value_or("");
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// A list that is younger than this call: it shows the snapshot that this session has just opened.
Result<void> look_at_new_list_of_transactions(Connection& connection, OpenTransactions& open) {
  const Result<std::uint64_t> session = id_of(connection);
  if (!session) return std::unexpected(session.error());
  if (Result<void> begun = connection.begin(Isolation::snapshot); !begun) return begun;
  Result<bool> fresh = look_at_transactions(connection, open);
  for (int attempt = 1; fresh && !*fresh && attempt < list_attempts_max; ++attempt) {
    std::this_thread::sleep_for(list_pause(*session, attempt));
    fresh = look_at_transactions(connection, open);
  }
  connection.rollback();
  if (!fresh) return fail(std::move(fresh.error()));
  if (*fresh) return {};
  return fail(
      make_error(ErrorKind::timeout, {"the server's list of open transactions is not renewed",
                                      "服务器的未结束事务列表一直没有更新"})
          .with_hint({"another program reads information_schema.INNODB_TRX more often than "
                      "every 0.1 s; let it read less often",
                      "有其他程序读取 information_schema.INNODB_TRX 的间隔短于 0.1 秒；"
                      "请降低其频率"}));
}

}  // namespace

Result<OpenTransactions> open_mysql_transactions(Connection& connection, bool mariadb) {
  OpenTransactions open;
  // Statements first: one that ends before this look has its changes in the newer list of
  // transactions, one that begins after it stamps later than the caller's clock. Without PROCESS
  // this shows the own user's sessions, which is better than nothing.
  if (Result<void> seen = look_at_statements(connection, mariadb, open); !seen) {
    return fail(std::move(seen).error());
  }
  if (Result<void> seen = look_at_new_list_of_transactions(connection, open); !seen) {
    if (seen.error().kind != ErrorKind::unauthorized) return fail(std::move(seen).error());
    open.complete = false;
    open.missing_grant = "PROCESS";
  }
  return open;
}

}  // namespace tidemark::sql
