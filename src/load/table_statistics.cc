#include "load/table_statistics.h"

#include <fmt/format.h>

#include <string>

#include "sql/rows.h"

namespace tidemark::load {
namespace {

/// Never looked at, or a fifth of the rows is new: see autovacuum_analyze_threshold, which counts
/// alike.
constexpr std::string_view stale_sql =
    "SELECT COUNT(*) FROM pg_class c LEFT JOIN pg_stat_user_tables s ON s.relid=c.oid "
    "WHERE c.oid=to_regclass(?) AND (c.reltuples<0 OR "
    "COALESCE(s.n_mod_since_analyze,0)>1000+c.reltuples/5)";

}  // namespace

Result<void> refresh_statistics(sql::Connection& connection,
                                std::span<const std::string_view> tables) {
  if (connection.dialect() != sql::Dialect::postgres) return {};
  for (const std::string_view table : tables) {
    const Result<std::int64_t> stale =
        sql::query_number(connection, stale_sql, sql::Values{std::string(table)});
    if (!stale) return fail(stale.error());
    if (*stale == 0) continue;
    const auto analyzed = connection.execute(fmt::format("ANALYZE {}", table), {});
    if (!analyzed) return fail(analyzed.error());
  }
  return {};
}

}  // namespace tidemark::load
