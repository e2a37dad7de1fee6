#include "sql/connection.h"
#include "sql/mysql/mysql_connection.h"
#include "sql/sqlite/sqlite_connection.h"

namespace tidemark::sql {

Result<std::unique_ptr<Connection>> connect(const Url& url, const ConnectOptions& options) {
  switch (url.dialect) {
    case Dialect::sqlite:
      return SqliteConnection::open(url.path, options);
    case Dialect::mysql:
      return MysqlConnection::open(url, options);
    case Dialect::postgres:
      break;
  }
  return fail(ErrorKind::unsupported, {"{} is not built in", "未包含 {} 支持"}, name(url.dialect));
}

}  // namespace tidemark::sql
