#include "sql/mysql/mysql_connection.h"

#include <mysqld_error.h>
#include <sys/socket.h>

#include <charconv>

#include "base/check.h"
#include "sql/identifier.h"
#include "sql/mysql/mysql_cursor.h"
#include "sql/mysql/mysql_open_transactions.h"
#include "sql/mysql/mysql_schema.h"
#include "sql/statement.h"

namespace tidemark::sql {
namespace {

/// Size of a multi-row INSERT. Larger ones were not faster, and the server holds each in memory.
constexpr std::size_t insert_bytes_max = 4 << 20;
/// A statement whose text grew beyond this does not keep its memory.
constexpr std::size_t kept_text_bytes_max = 1 << 20;
constexpr std::chrono::milliseconds cancel_timeout{5000};

constexpr std::string_view session_settings =
    "SET autocommit=1, sql_mode='STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
    " net_write_timeout=600, net_read_timeout=600, wait_timeout=28800, sql_auto_is_null=0";

}  // namespace

MysqlConnection::MysqlConnection(MysqlHandle handle, Url url, const ConnectOptions& options)
    : handle_(std::move(handle)),
      url_(std::move(url)),
      options_(options),
      thread_id_(mysql_thread_id(handle_.get())),
      mariadb_(std::string_view(mysql_get_server_info(handle_.get())).find("MariaDB") !=
               std::string_view::npos) {}

Result<std::unique_ptr<Connection>> MysqlConnection::open(const Url& url,
                                                          const ConnectOptions& options) {
  Result<MysqlHandle> handle = open_mysql(url, options);
  if (!handle) return fail(std::move(handle));
  std::unique_ptr<MysqlConnection> connection(
      new MysqlConnection(std::move(*handle), url, options));
  if (Result<void> ready = connection->configure(); !ready) return fail(std::move(ready).error());
  return connection;
}

Result<void> MysqlConnection::configure() {
  if (Result<void> set = send(session_settings, {}); !set) return set;
  // What a relative of the two does not know it also does not limit.
  const std::string_view no_limits =
      mariadb_ ? "SET max_statement_time=0, idle_transaction_timeout=0,"
                 " idle_readonly_transaction_timeout=0, idle_write_transaction_timeout=0"
               : "SET max_execution_time=0";
  Result<void> lifted = send(no_limits, {});
  if (!lifted && lifted.error().kind != ErrorKind::query) return lifted;
  const Result<std::optional<std::string>> packet =
      query_value(*this, "SELECT @@max_allowed_packet");
  if (!packet) return fail(packet.error());
  const std::string& digits = packet->value_or("");
  std::from_chars(digits.data(), digits.data() + digits.size(), packet_bytes_max_);
  if (packet_bytes_max_ != 0 && MysqlBulk::offered_by(handle_.get())) bulk_.emplace(handle_.get());
  return {};
}

Result<void> MysqlConnection::send(std::string_view sql, std::span<const Value> params) {
  const std::vector<std::string_view> pieces = split_at_placeholders(sql, Dialect::mysql);
  if (pieces.size() - 1 != params.size()) {
    return fail(wrong_parameter_count(sql, pieces.size() - 1, params.size()));
  }
  text_ = pieces.front();
  for (std::size_t i = 0; i < params.size(); ++i) {
    append_literal(text_, handle_.get(), params[i]);
    text_ += pieces[i + 1];
  }
  Result<void> sent = send_text(text_, sql);
  if (text_.capacity() > kept_text_bytes_max) text_ = std::string();
  return sent;
}

Result<void> MysqlConnection::send_text(const std::string& text, std::string_view sql) {
  if (packet_bytes_max_ != 0 && text.size() >= packet_bytes_max_)
    return fail(too_long_for_packet(text.size(), packet_bytes_max_, sql));
  if (mysql_real_query(handle_.get(), text.data(), text.size()) != 0) {
    return fail(mysql_failure(handle_.get(), sql));
  }
  return {};
}

Result<std::int64_t> MysqlConnection::execute(std::string_view sql, std::span<const Value> params) {
  if (Result<void> sent = send(sql, params); !sent) return fail(std::move(sent).error());
  const bool has_rows = mysql_field_count(handle_.get()) != 0;
  const std::int64_t changed =
      has_rows ? 0 : static_cast<std::int64_t>(mysql_affected_rows(handle_.get()));
  if (Result<void> rest = finish_results(handle_.get(), sql); !rest) {
    return fail(std::move(rest).error());
  }
  return changed;
}

Result<std::unique_ptr<Cursor>> MysqlConnection::query(std::string_view sql,
                                                       std::span<const Value> params) {
  if (Result<void> sent = send(sql, params); !sent) return fail(std::move(sent).error());
  MysqlResult result(mysql_use_result(handle_.get()));
  if (!result && mysql_field_count(handle_.get()) != 0) {
    return fail(mysql_failure(handle_.get(), sql));
  }
  return std::make_unique<MysqlCursor>(handle_.get(), std::move(result), std::string(sql),
                                       [this] { cancel(); });
}

Result<void> MysqlConnection::begin(Isolation isolation) {
  if (isolation == Isolation::write) return send("START TRANSACTION READ WRITE", {});
  // For this transaction only; an isolation level of the server's configuration may be weaker.
  Result<void> level = send("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", {});
  if (!level) return level;
  return send("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", {});
}

Result<void> MysqlConnection::commit() { return send("COMMIT", {}); }

void MysqlConnection::rollback() {
  // Nothing is left to do about a failure: the server rolls back when the connection ends.
  [[maybe_unused]] const Result<void> ignored = send("ROLLBACK", {});
}

Result<std::int64_t> MysqlConnection::bulk_insert(std::string_view table,
                                                  std::span<const std::string> columns,
                                                  RowSource& rows) {
  const bool own_transaction = (handle_->server_status & SERVER_STATUS_IN_TRANS) == 0;
  if (!own_transaction) return insert_all(table, columns, rows);
  if (Result<void> begun = begin(Isolation::write); !begun) return fail(std::move(begun).error());
  Result<std::int64_t> inserted = insert_all(table, columns, rows);
  if (inserted) {
    Result<void> committed = commit();
    if (committed) return inserted;
    inserted = fail(std::move(committed));
  }
  rollback();
  return inserted;
}

Result<std::int64_t> MysqlConnection::insert_all(std::string_view table,
                                                 std::span<const std::string> columns,
                                                 RowSource& rows) {
  std::string head = fmt::format("INSERT INTO {} (", quoted(table));
  std::string marks;
  for (const std::string& column : columns) {
    if (!marks.empty()) {
      head += ", ";
      marks += ',';
    }
    head += quoted_identifier(column, '`');
    marks += '?';
  }
  head += ") VALUES ";
  if (!bulk_) return insert_tuples(head, columns.size(), rows);
  return bulk_->insert(fmt::format("{}({})", head, marks), columns.size(), rows, packet_bytes_max_);
}

Result<std::int64_t> MysqlConnection::insert_tuples(const std::string& head, std::size_t columns,
                                                    RowSource& rows) {
  const std::size_t bytes_max = std::min(insert_bytes_max, packet_bytes_max_ - 1);
  std::string text = head;
  std::string tuple;
  Values row;
  std::int64_t count = 0;
  while (true) {
    Result<bool> filled = rows.next(row);
    if (!filled) return fail(std::move(filled));
    if (!*filled) break;
    check(row.size() == columns, "a row has one value a column");
    tuple = '(';
    for (const Value& value : row) {
      if (tuple.size() > 1) tuple += ',';
      append_literal(tuple, handle_.get(), value);
    }
    tuple += ')';
    if (text.size() > head.size() && text.size() + 1 + tuple.size() > bytes_max) {
      if (Result<void> sent = send_text(text, head); !sent) return fail(std::move(sent).error());
      text.resize(head.size());
    }
    if (text.size() > head.size()) text += ',';
    text += tuple;
    ++count;
  }
  if (text.size() > head.size()) {
    if (Result<void> sent = send_text(text, head); !sent) return fail(std::move(sent).error());
  }
  return count;
}

std::string MysqlConnection::quoted(std::string_view identifier) const {
  return quoted_identifier(identifier, '`');
}

Result<ServerInfo> MysqlConnection::server() {
  Result<std::unique_ptr<Cursor>> cursor =
      query("SELECT VERSION(), @@global.time_zone, @@system_time_zone", {});
  if (!cursor) return fail(std::move(cursor));
  Result<bool> row = (*cursor)->next();
  if (!row) return fail(std::move(row));
  check(*row, "a SELECT without a table has a row");
  ServerInfo info;
  info.product = mariadb_ ? "MariaDB" : "MySQL";
  info.version = (*cursor)->at(0).value_or("");
  info.zone = (*cursor)->at(1).value_or("");
  if (info.zone == "SYSTEM") info.zone += fmt::format(" ({})", (*cursor)->at(2).value_or(""));
  return info;
}

Result<Table> MysqlConnection::describe(std::string_view table) {
  return describe_mysql(*this, table, mariadb_);
}

Result<void> MysqlConnection::set_zone(std::string_view zone) {
  Result<void> set = zone.empty() ? send("SET time_zone=@@global.time_zone", {})
                                  : send("SET time_zone=?", Values{std::string(zone)});
  if (set) {
    zone_ = zone;
    return {};
  }
  if (mysql_errno(handle_.get()) != ER_UNKNOWN_TIME_ZONE) return set;
  return fail(make_error(ErrorKind::invalid_config,
                         {"the server does not know the time zone {}", "服务器不认识时区 {}"}, zone)
                  .with_hint({"write an offset such as +08:00, or load the server's time zone "
                              "tables with mysql_tzinfo_to_sql",
                              "请写作 +08:00 这样的偏移量，或用 mysql_tzinfo_to_sql "
                              "为服务器装入时区表"}));
}

Result<CivilTime> MysqlConnection::now() {
  const Result<std::optional<std::string>> text = query_value(*this, "SELECT NOW(6)");
  if (!text) return fail(text.error());
  const std::optional<CivilTime> time = CivilTime::parse(text->value_or(""));
  if (!time) return fail(ErrorKind::query, {"MySQL: NOW() is no time", "MySQL：NOW() 不是时间"});
  return *time;
}

Result<OpenTransactions> MysqlConnection::open_transactions() {
  Result<void> set = send("SET time_zone='SYSTEM'", {});
  if (!set) return fail(std::move(set).error());
  Result<OpenTransactions> open = open_mysql_transactions(*this, mariadb_);
  Result<void> restored = set_zone(zone_);
  if (open && !restored) return fail(std::move(restored).error());
  return open;
}

void MysqlConnection::cancel() {
  ConnectOptions options = options_;
  options.connect_timeout = cancel_timeout;
  options.read_timeout = cancel_timeout;
  Result<MysqlHandle> second = open_mysql(url_, options);
  if (second) {
    const std::string kill = fmt::format("KILL QUERY {}", thread_id_);
    if (mysql_real_query(second->get(), kill.data(), kill.size()) == 0) return;
  }
  ::shutdown(static_cast<int>(mysql_get_socket(handle_.get())), SHUT_RDWR);
}

}  // namespace tidemark::sql
