#include "sql/mysql/mysql_handle.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include <charconv>

#include "base/check.h"
#include "sql/statement.h"

namespace tidemark::sql {
namespace {

/// Codes of MySQL that MariaDB's header lacks or names otherwise.
constexpr unsigned int mysql_er_query_timeout = 3024;          // max_execution_time
constexpr unsigned int mysql_er_lock_nowait = 3572;            // NOWAIT
constexpr unsigned int mysql_er_client_timeout = 4031;         // disconnected by wait_timeout
constexpr unsigned int mysql_er_temp_table_full = 1114;        // also a full data file
constexpr unsigned int mysql_er_file_too_large = 3;            // EE_WRITE, with errno in the text
constexpr unsigned int mysql_er_access_no_password = 1698;     // unix_socket refused
constexpr unsigned int mysql_er_read_only_mode = 1836;         // InnoDB was started read-only
constexpr unsigned int mysql_er_read_only_transaction = 1792;  // transaction_read_only

Error failure(unsigned int code, std::string_view text, std::string_view sql) {
  return make_error(kind_of_mysql_error(code, text),
                    {"MySQL error {}: {}: {}", "MySQL 错误 {}：{}：{}"}, code, text, excerpt(sql));
}

unsigned int whole_seconds(std::chrono::milliseconds time) {
  return static_cast<unsigned int>(
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(time).count()));
}

std::string tls_mode(const Url& url) {
  return url.option("tls", url.options.contains("socket") ? "off" : "prefer");
}

void set_tls(MYSQL* handle, const Url& url) {
  const std::string mode = tls_mode(url);
  if (mode == "off") return;
  const std::string authority = url.option("tls_ca");
  if (!authority.empty()) mysql_options(handle, MYSQL_OPT_SSL_CA, authority.c_str());
  const my_bool wanted = 1;
  const my_bool verified = mode == "verify" ? 1 : 0;
  // Whatever its name says, in libmariadb 3.3 this asks for TLS and goes on without it.
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &wanted);
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified);
}

Result<void> check_tls(MYSQL* handle, const Url& url) {
  const std::string mode = tls_mode(url);
  const bool required = mode == "require" || mode == "verify";
  if (!required || mysql_get_ssl_cipher(handle) != nullptr) return {};
  return fail(make_error(ErrorKind::unreachable,
                         {"MySQL: {}: the server does not offer TLS, which tls={} requires",
                          "MySQL：{}：服务器不提供 TLS，而 tls={} 要求 TLS"},
                         url.redacted(), mode)
                  .with_hint({"give the server a certificate (ssl_cert, ssl_key)",
                              "请为服务器配置证书（ssl_cert、ssl_key）"}));
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

ErrorKind kind_of_mysql_error(unsigned int code, std::string_view text) {
  switch (code) {
    case ER_DBACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
    case ER_PROCACCESS_DENIED_ERROR:
    case ER_HOST_NOT_PRIVILEGED:
    case ER_MUST_CHANGE_PASSWORD:
    case ER_ACCOUNT_HAS_BEEN_LOCKED:
    case mysql_er_access_no_password:
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case CR_AUTH_PLUGIN_ERR:
      return ErrorKind::unauthorized;
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_HANDSHAKE_ERR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_MALFORMED_PACKET:
    case CR_SSL_CONNECTION_ERROR:
    case CR_ERR_NET_READ:
    case ER_SERVER_SHUTDOWN:
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_HOST_IS_BLOCKED:
    case ER_CONNECTION_KILLED:
    case mysql_er_client_timeout:
    case mysql_er_read_only_mode:
    case mysql_er_read_only_transaction:
      return ErrorKind::unreachable;
    case ER_OPTION_PREVENTS_STATEMENT:  // --read-only, --super-read-only; other options forbid,
                                        // too.
      return text.contains("read-only") || text.contains("read_only") ? ErrorKind::unreachable
                                                                      : ErrorKind::query;
    case ER_DISK_FULL:
    case mysql_er_temp_table_full:
      return ErrorKind::no_space;
    case mysql_er_file_too_large:
      return text.find("28") != std::string_view::npos ? ErrorKind::no_space : ErrorKind::query;
    case ER_QUERY_INTERRUPTED:
      return ErrorKind::cancelled;
    case ER_LOCK_DEADLOCK:  // Cured by doing the transaction again, as a lock that was not had.
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_STATEMENT_TIMEOUT:
    case mysql_er_query_timeout:
    case mysql_er_lock_nowait:
      return ErrorKind::timeout;
    default:
      return ErrorKind::query;
  }
}

Result<MysqlHandle> open_mysql(const Url& url, const ConnectOptions& options) {
  static const int library = mysql_library_init(0, nullptr, nullptr);  // Not thread-safe by itself.
  check(library == 0, "the MySQL client library starts");
  MysqlHandle handle(mysql_init(nullptr));
  check(handle != nullptr, "the MySQL client library has memory for a handle");

  const unsigned int connect_timeout = whole_seconds(url.connect_timeout(options.connect_timeout));
  const unsigned int read_timeout = whole_seconds(options.read_timeout);
  const unsigned long packet_bytes_max = 1UL << 30;  // The protocol's own limit.
  const my_bool no = 0;
  const unsigned int no_files = 0;
  mysql_options(handle.get(), MYSQL_READ_DEFAULT_GROUP, "client");
  mysql_options(handle.get(), MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
  mysql_options(handle.get(), MYSQL_OPT_READ_TIMEOUT, &read_timeout);
  mysql_options(handle.get(), MYSQL_OPT_WRITE_TIMEOUT, &read_timeout);
  mysql_options(handle.get(), MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_bytes_max);
  mysql_options(handle.get(), MYSQL_OPT_RECONNECT, &no);
  mysql_options(handle.get(), MYSQL_OPT_LOCAL_INFILE, &no_files);  // No server may ask for files.
  mysql_options(handle.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  set_tls(handle.get(), url);
  const std::string socket = url.option("socket");
  if (socket.empty() && !url.host.empty()) {
    const unsigned int tcp = MYSQL_PROTOCOL_TCP;  // Else `localhost` would mean a socket.
    mysql_options(handle.get(), MYSQL_OPT_PROTOCOL, &tcp);
  }
  // FOUND_ROWS: an UPDATE counts the rows it matched, as on the other databases.
  const unsigned long flags = CLIENT_FOUND_ROWS | CLIENT_MULTI_RESULTS;
  const MYSQL* connected = mysql_real_connect(
      handle.get(), socket.empty() ? or_null(url.host) : nullptr, or_null(url.user),
      url.password ? url.password->c_str() : nullptr, url.database.c_str(),
      static_cast<unsigned int>(url.port), or_null(socket), flags);
  // A [client] group may have asked for another character set.
  if (connected == nullptr || mysql_set_character_set(handle.get(), "utf8mb4") != 0) {
    Error error = mysql_failure(handle.get(), url.redacted());
    if (mysql_errno(handle.get()) == ER_BAD_DB_ERROR) error.kind = ErrorKind::not_found;
    return fail(std::move(error));
  }
  if (Result<void> secured = check_tls(handle.get(), url); !secured) {
    return fail(std::move(secured).error());
  }
  return handle;
}

Error mysql_failure(MYSQL* handle, std::string_view sql) {
  return failure(mysql_errno(handle), mysql_error(handle), sql);
}

Error mysql_statement_failure(MYSQL_STMT* statement, std::string_view sql) {
  return failure(mysql_stmt_errno(statement), mysql_stmt_error(statement), sql);
}

Error too_long_for_packet(std::size_t bytes, std::size_t bytes_max, std::string_view sql) {
  return make_error(ErrorKind::query,
                    {"MySQL: a statement of {} bytes is too long for max_allowed_packet={}: {}",
                     "MySQL：语句有 {} 字节，超过 max_allowed_packet={}：{}"},
                    bytes, bytes_max, excerpt(sql))
      .with_hint({"raise max_allowed_packet on the server", "请在服务器上调大 max_allowed_packet"});
}

void append_literal(std::string& sql, MYSQL* handle, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    std::array<char, 24> digits;
    sql.append(digits.data(),
               std::to_chars(digits.data(), digits.data() + digits.size(), *integer).ptr);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    const std::size_t begin = sql.size();
    sql.resize(begin + text->size() * 2 + 3);
    sql[begin] = '\'';
    const unsigned long length =
        mysql_real_escape_string(handle, sql.data() + begin + 1, text->data(), text->size());
    sql.resize(begin + 1 + length);
    sql += '\'';
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    const std::size_t begin = sql.size() + 2;
    sql += "x'";
    sql.resize(begin + blob->bytes.size() * 2 + 1);  // One more for the NUL that is written.
    mysql_hex_string(sql.data() + begin, blob->bytes.data(), blob->bytes.size());
    sql.back() = '\'';
  } else {
    sql += "NULL";
  }
}

}  // namespace tidemark::sql
