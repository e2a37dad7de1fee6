#include "load/table_statistics.h"

#include <fmt/format.h>

#include <string>

#include "sql/rows.h"
#include "sql/transaction.h"

namespace tidemark::load {
namespace {

/// Never looked at, or a fifth of the rows is new: see autovacuum_analyze_threshold, which counts
/// alike.
constexpr std::string_view stale_sql =
    "SELECT COUNT(*) FROM pg_class c LEFT JOIN pg_stat_user_tables s ON s.relid=c.oid "
    "WHERE c.oid=to_regclass(?) AND (c.reltuples<0 OR "
    "COALESCE(s.n_mod_since_analyze,0)>1000+c.reltuples/5)";

/// Whoever holds the table (a VACUUM by hand, an index that is made) may do so for hours.
Result<void> analyze(sql::Connection& connection, std::string_view table) {
  return sql::in_transaction(connection, [&] {
    Result<void> done = sql::write(connection, "SET LOCAL lock_timeout='5s'", {});
    return done ? sql::write(connection, fmt::format("ANALYZE {}", table), {}) : done;
  });
}

}  // namespace

Result<void> refresh_statistics(sql::Connection& connection,
                                std::span<const std::string_view> tables) {
  if (connection.dialect() != sql::Dialect::postgres) return {};
  for (const std::string_view table : tables) {
    const Result<std::int64_t> stale =
        sql::query_number(connection, stale_sql, sql::Values{std::string(table)});
    if (!stale) return fail(stale.error());
    if (*stale == 0) continue;
    if (Result<void> done = analyze(connection, table); !done) return done;
  }
  return {};
}

}  // namespace tidemark::load
