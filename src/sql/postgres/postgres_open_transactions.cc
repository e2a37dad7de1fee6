#include "sql/postgres/postgres_open_transactions.h"

#include <charconv>

#include "sql/statement.h"

namespace tidemark::sql {
namespace {

// Sessions: who runs statements of its own. A parallel worker has its leader's times; vacuum and
// the sender of a backup stamp nothing. Others' xact_start is NULL without pg_read_all_stats.
constexpr std::string_view transactions_sql =
    "SELECT (extract(epoch FROM clock_timestamp() - xact_start) * 1000000)::bigint, false,"
    " pid::text, coalesce(usename, backend_type) || coalesce('@' || host(client_addr), ''), state,"
    " left(query, 200)"
    " FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND xact_start IS NOT NULL AND datname = current_database()"
    " AND backend_type NOT IN ('parallel worker', 'autovacuum worker', 'walsender')"
    " UNION ALL"
    " SELECT (extract(epoch FROM clock_timestamp() - prepared) * 1000000)::bigint, true,"
    " gid, owner::text, NULL, NULL"
    " FROM pg_prepared_xacts WHERE database = current_database()"
    " ORDER BY 1 DESC";

bool is_prepared(const Cursor& row) { return row.at(1) == "t"; }

/// What the server calls the state of a session.
Message state_text(std::string_view state) {
  Message text{.en = std::string(state), .zh = std::string(state)};
  if (state == "active") text.zh = "执行中";
  if (state == "idle in transaction") text.zh = "事务中空闲";
  if (state == "idle in transaction (aborted)") text.zh = "事务中空闲（已出错）";
  return text;
}

Message who(const Cursor& row) {
  const std::string_view id = row.at(2).value_or("");
  const std::string_view user = row.at(3).value_or("");
  if (is_prepared(row)) {
    return say({"prepared transaction {} of {} (it began before it was prepared)",
                "{1} 的已准备事务 {0}（其开始早于准备）"},
               id, user);
  }
  Message text = say({"pid {} {}", "进程 {} {}"}, id, user);
  if (const std::string_view state = row.at(4).value_or(""); !state.empty()) {
    const Message said = state_text(state);
    text.en += ", " + said.en;
    text.zh += "，" + said.zh;
  }
  if (const std::string_view statement = row.at(5).value_or(""); !statement.empty()) {
    text.en += ": " + outline(statement);
    text.zh += "：" + outline(statement);
  }
  return text;
}

}  // namespace

Result<OpenTransactions> open_postgres_transactions(Connection& connection) {
  OpenTransactions open;
  const Result<std::optional<std::string>> sees_all =
      query_value(connection, "SELECT pg_has_role('pg_read_all_stats', 'USAGE')");
  if (!sees_all) return fail(sees_all.error());
  if (*sees_all != "t") {
    open.complete = false;
    open.missing_grant = "pg_read_all_stats";
  }
  Result<std::unique_ptr<Cursor>> rows = connection.query(transactions_sql);
  if (!rows) return fail(std::move(rows));
  while (true) {
    Result<bool> row = (*rows)->next();
    if (!row) return fail(std::move(row));
    if (!*row) return open;
    if (!open.oldest) {
      const std::string_view digits = (*rows)->at(0).value_or("");
      std::int64_t microseconds = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), microseconds);
      open.oldest = OpenTransaction{
          std::chrono::microseconds{std::max<std::int64_t>(0, microseconds)}, who(**rows)};
    }
    if (is_prepared(**rows)) open.oldest->start_unknown = true;
  }
}

}  // namespace tidemark::sql
