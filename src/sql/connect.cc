#include "sql/connection.h"
#include "sql/mysql/mysql_connection.h"
#include "sql/postgres/postgres_connection.h"
#include "sql/sqlite/sqlite_connection.h"

namespace tidemark::sql {

Result<std::unique_ptr<Connection>> connect(const Url& url, const ConnectOptions& options) {
  switch (url.dialect) {
    case Dialect::sqlite:
      return SqliteConnection::open(url.path, options);
    case Dialect::mysql:
      return MysqlConnection::open(url, options);
    case Dialect::postgres:
      return PostgresConnection::open(url, options);
  }
  return fail(ErrorKind::unsupported, {"unknown kind of database", "未知的数据库类型"});
}

}  // namespace tidemark::sql
