#include "sql/server_clock.h"

#include <string_view>

#include "sql/rows.h"

namespace tidemark::sql {

Result<std::int64_t> server_now(Connection& connection) {
  std::string_view sql;
  switch (connection.dialect()) {
    case Dialect::sqlite:
      return fail(ErrorKind::unsupported,
                  {"SQLite has no server's clock", "SQLite 没有服务器时钟"});
    case Dialect::mysql:
      // Not UNIX_TIMESTAMP(NOW(6)): a local time that comes twice would be read as the first.
      sql = "SELECT CAST(UNIX_TIMESTAMP() * 1000000 + MICROSECOND(NOW(6)) AS SIGNED)";
      break;
    case Dialect::postgres:
      sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";
      break;
  }
  return query_number(connection, sql);
}

}  // namespace tidemark::sql
