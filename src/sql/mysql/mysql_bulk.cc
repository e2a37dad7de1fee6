#include "sql/mysql/mysql_bulk.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/write_behind.h"
#include "sql/mysql/mysql_handle.h"
#include "sql/statement.h"

namespace tidemark::sql {
namespace {

/// What is sent at once. More falls out of the processor's cache before it is.
constexpr std::size_t packet_bytes_wanted = 256 << 10;
/// The server waits for the first packet, so that is a small one.
constexpr std::size_t first_packet_bytes_wanted = 32 << 10;
constexpr std::size_t statements_kept_max = 8;
/// Each value has up to so many bytes beside its own: an indicator and a length.
constexpr std::size_t value_bytes_around = 10;

std::size_t bytes_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes.size();
  return sizeof(std::int64_t);
}

/// One column of the rows that wait, as the client library wants it. Its texts lie one behind the
/// other, so that the rows they came from need not be kept.
class BoundColumn {
 public:
  void add(const Value& value) {
    const bool null = std::holds_alternative<std::monostate>(value);
    indicators_.push_back(null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE);
    const auto* number = std::get_if<std::int64_t>(&value);
    if (type_ == MYSQL_TYPE_LONGLONG) {
      if (null || number != nullptr) {
        numbers_.push_back(null ? 0 : *number);
        return;
      }
      become_texts();
    }
    if (number != nullptr) {
      add_number(*number);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      type_ = MYSQL_TYPE_BLOB;
      add_bytes(blob->bytes);
    } else {
      const auto* text = std::get_if<std::string>(&value);
      add_bytes(text == nullptr ? std::string_view() : std::string_view(*text));
    }
  }

  /// Valid until the column is changed.
  [[nodiscard]] MYSQL_BIND bind() {
    MYSQL_BIND bind{};
    bind.buffer_type = type_;
    bind.u.indicator = indicators_.data();
    if (type_ == MYSQL_TYPE_LONGLONG) {
      bind.buffer = numbers_.data();
      return bind;
    }
    pointers_.clear();
    char* next = bytes_.data();
    for (const unsigned long length : lengths_) {
      pointers_.push_back(next);
      next += length;
    }
    bind.buffer = pointers_.data();
    bind.length = lengths_.data();
    return bind;
  }

  void clear() {
    type_ = MYSQL_TYPE_LONGLONG;
    indicators_.clear();
    numbers_.clear();
    bytes_.clear();
    lengths_.clear();
  }

 private:
  void add_bytes(std::string_view bytes) {
    bytes_ += bytes;
    lengths_.push_back(bytes.size());
  }
  void add_number(std::int64_t number) {
    const fmt::format_int digits(number);
    add_bytes({digits.data(), digits.size()});
  }
  /// Of one column all values have one type.
  void become_texts() {
    type_ = MYSQL_TYPE_STRING;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      if (indicators_[i] == STMT_INDICATOR_NULL)
        add_bytes({});
      else
        add_number(numbers_[i]);
    }
  }

  enum_field_types type_ = MYSQL_TYPE_LONGLONG;  ///< Until something comes that is no number.
  std::vector<char> indicators_;
  std::vector<std::int64_t> numbers_;
  std::string bytes_;
  std::vector<unsigned long> lengths_;
  std::vector<char*> pointers_;
};

}  // namespace

/// Rows that are sent at once.
class MysqlBulk::Packet {
 public:
  explicit Packet(std::size_t columns) : columns_(columns) {}

  void add(const Values& row, std::size_t bytes) {
    for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].add(row[i]);
    ++rows_;
    bytes_ += bytes;
  }
  void clear() {
    for (BoundColumn& column : columns_) column.clear();
    rows_ = bytes_ = 0;
  }
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Valid until the packet is changed.
  [[nodiscard]] std::vector<MYSQL_BIND> binds() {
    std::vector<MYSQL_BIND> binds;
    for (BoundColumn& column : columns_) binds.push_back(column.bind());
    return binds;
  }

 private:
  std::vector<BoundColumn> columns_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
};

bool MysqlBulk::offered_by(MYSQL* handle) {
  unsigned long capabilities = 0;
  if (mariadb_get_infov(handle, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &capabilities) !=
      0)
    return false;
  return (capabilities & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}

Error MysqlBulk::failure(MYSQL_STMT* statement, const std::string& sql) {
  Error error = mysql_statement_failure(statement, sql);
  std::erase_if(statements_,
                [&](const Prepared& prepared) { return prepared.statement.get() == statement; });
  return error;
}

Result<MYSQL_STMT*> MysqlBulk::prepared(const std::string& sql) {
  const auto found = std::ranges::find(statements_, sql, &Prepared::sql);
  if (found != statements_.end()) {
    std::rotate(statements_.begin(), found, found + 1);
    return statements_.front().statement.get();
  }
  if (statements_.size() == statements_kept_max) statements_.pop_back();
  MYSQL_STMT* made = mysql_stmt_init(handle_);
  check(made != nullptr, "the MySQL client library has memory for a statement");
  statements_.insert(statements_.begin(),
                     Prepared{.sql = sql, .statement = std::unique_ptr<MYSQL_STMT, Close>(made)});
  if (mysql_stmt_prepare(made, sql.data(), sql.size()) != 0) return fail(failure(made, sql));
  return made;
}

Result<void> MysqlBulk::execute(MYSQL_STMT* statement, const std::string& sql, Packet& packet) {
  std::vector<MYSQL_BIND> binds = packet.binds();
  const std::size_t rows = packet.rows();
  auto count = static_cast<unsigned int>(rows);
  if (mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &count) != 0 ||
      mysql_stmt_bind_param(statement, binds.data()) != 0 || mysql_stmt_execute(statement) != 0)
    return fail(failure(statement, sql));
  // A view, a trigger or an engine of the server may have done otherwise: that is no success, and
  // the caller's transaction takes it back.
  if (const std::uint64_t inserted = mysql_stmt_affected_rows(statement); inserted != rows)
    return fail(
        ErrorKind::query,
        {"the server says that it inserted {} of {} rows: {}", "服务器表示只插入了 {}/{} 行：{}"},
        inserted, rows, excerpt(sql));
  return {};
}

Result<std::int64_t> MysqlBulk::insert(const std::string& sql, std::size_t columns, RowSource& rows,
                                       std::size_t packet_bytes_max) {
  const Result<MYSQL_STMT*> statement = prepared(sql);
  if (!statement) return fail(statement.error());
  // While the server takes one packet, a thread waiting for its answer, the next is filled.
  Packet filling(columns), sending(columns);
  // Behind the packets: when it goes, nobody uses them any more. It has one of the two at a time.
  std::optional<WriteBehind> behind;
  const auto answered = [&] { return behind ? behind->finish() : Result<void>{}; };
  std::int64_t count = 0;
  Values row;
  while (true) {
    Result<bool> filled = rows.next(row);
    if (!filled) return fail(std::move(filled).error());
    if (!*filled) break;
    check(row.size() == columns, "a row has one value a column");
    std::size_t row_bytes = 0;
    for (const Value& value : row) row_bytes += bytes_of(value) + value_bytes_around;
    if (row_bytes >= packet_bytes_max)
      return fail(too_long_for_packet(row_bytes, packet_bytes_max, sql));
    const std::size_t wanted = behind ? packet_bytes_wanted : first_packet_bytes_wanted;
    if (filling.rows() > 0 &&
        filling.bytes() + row_bytes > std::min(wanted, packet_bytes_max / 2)) {
      if (Result<void> before = answered(); !before) return fail(std::move(before).error());
      std::swap(filling, sending);
      filling.clear();
      if (!behind) behind.emplace();
      Result<void> given = behind->give([&] { return execute(*statement, sql, sending); });
      if (!given) return fail(std::move(given).error());
    }
    filling.add(row, row_bytes);
    ++count;
  }
  if (Result<void> before = answered(); !before) return fail(std::move(before).error());
  if (filling.rows() > 0)
    if (Result<void> last = execute(*statement, sql, filling); !last)
      return fail(std::move(last).error());
  return count;
}

}  // namespace tidemark::sql
