#pragma once

#include <mysql.h>

#include <memory>
#include <string_view>

#include "sql/connection.h"

namespace tidemark::sql {

struct CloseMysql {
  void operator()(MYSQL* handle) const { mysql_close(handle); }
};
struct FreeMysqlResult {
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};
using MysqlHandle = std::unique_ptr<MYSQL, CloseMysql>;
using MysqlResult = std::unique_ptr<MYSQL_RES, FreeMysqlResult>;

/// Connects and logs in; the session is as the server gives it, but in utf8mb4. What the URL leaves
/// out is taken from the [client] group of the client's option files.
[[nodiscard]] Result<MysqlHandle> open_mysql(const Url& url, const ConnectOptions& options);

/// What a code of the server or of the client library means; `text` are its words. A server that
/// became read-only, as a demoted primary does, counts as unreachable: the one that took its place
/// is found by connecting anew.
[[nodiscard]] ErrorKind kind_of_mysql_error(unsigned int code, std::string_view text);

/// What the last failed call on `handle` means; `sql` is the statement without its values.
[[nodiscard]] Error mysql_failure(MYSQL* handle, std::string_view sql);

/// The same of a prepared statement.
[[nodiscard]] Error mysql_statement_failure(MYSQL_STMT* statement, std::string_view sql);

/// A statement of so many bytes is more than the server takes: it would only close the connection.
[[nodiscard]] Error too_long_for_packet(std::size_t bytes, std::size_t bytes_max,
                                        std::string_view sql);

/// The value as a literal of the text protocol: digits, `'quoted text'`, `x'hex'`, NULL.
void append_literal(std::string& sql, MYSQL* handle, const Value& value);

}  // namespace tidemark::sql
