#include "sql/mysql/mysql_bulk.h"

#include <algorithm>

#include "base/check.h"
#include "sql/mysql/mysql_handle.h"
#include "sql/statement.h"

namespace tidemark::sql {
namespace {

/// What is sent at once. More falls out of the processor's cache while it is turned into columns.
constexpr std::size_t packet_bytes_wanted = 256 << 10;
constexpr std::size_t statements_kept_max = 8;
/// Each value has up to so many bytes beside its own: an indicator and a length.
constexpr std::size_t value_bytes_around = 10;

std::size_t bytes_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  if (const auto* blob = std::get_if<Blob>(&value)) return blob->bytes.size();
  return sizeof(std::int64_t);
}

/// One column of many rows as the client library wants it.
class ColumnValues {
 public:
  void fill(std::vector<Values>& rows, std::size_t column) {
    const bool numbers = std::ranges::all_of(rows, [column](const Values& row) {
      return row[column].index() < 2;  // NULL or an integer.
    });
    bool bytes = false;
    indicators_.reserve(rows.size());
    for (Values& row : rows) {
      Value& value = row[column];
      const bool null = std::holds_alternative<std::monostate>(value);
      indicators_.push_back(null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE);
      if (numbers) {
        numbers_.push_back(null ? 0 : std::get<std::int64_t>(value));
        continue;
      }
      // Of one column all values have one type.
      if (const auto* number = std::get_if<std::int64_t>(&value)) value = std::to_string(*number);
      if (auto* blob = std::get_if<Blob>(&value)) {
        bytes = true;
        pointers_.push_back(blob->bytes.data());
        lengths_.push_back(blob->bytes.size());
      } else {
        auto* text = std::get_if<std::string>(&value);
        pointers_.push_back(text == nullptr ? nullptr : text->data());
        lengths_.push_back(text == nullptr ? 0 : text->size());
      }
    }
    type_ = numbers ? MYSQL_TYPE_LONGLONG : bytes ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
  }

  [[nodiscard]] MYSQL_BIND bind() {
    MYSQL_BIND bind{};
    bind.buffer_type = type_;
    bind.u.indicator = indicators_.data();
    if (type_ == MYSQL_TYPE_LONGLONG) {
      bind.buffer = numbers_.data();
    } else {
      bind.buffer = pointers_.data();
      bind.length = lengths_.data();
    }
    return bind;
  }

 private:
  enum_field_types type_ = MYSQL_TYPE_NULL;
  std::vector<char> indicators_;
  std::vector<std::int64_t> numbers_;
  std::vector<char*> pointers_;
  std::vector<unsigned long> lengths_;
};

}  // namespace

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

Result<void> MysqlBulk::execute(MYSQL_STMT* statement, const std::string& sql,
                                std::vector<Values>& rows) {
  std::vector<ColumnValues> columns(rows.front().size());
  std::vector<MYSQL_BIND> binds;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].fill(rows, i);
    binds.push_back(columns[i].bind());
  }
  auto count = static_cast<unsigned int>(rows.size());
  if (mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &count) != 0 ||
      mysql_stmt_bind_param(statement, binds.data()) != 0 || mysql_stmt_execute(statement) != 0)
    return fail(failure(statement, sql));
  // A view, a trigger or an engine of the server may have done otherwise: that is no success, and
  // the caller's transaction takes it back.
  if (const std::uint64_t inserted = mysql_stmt_affected_rows(statement); inserted != rows.size())
    return fail(
        ErrorKind::query,
        {"the server says that it inserted {} of {} rows: {}", "服务器表示只插入了 {}/{} 行：{}"},
        inserted, rows.size(), excerpt(sql));
  return {};
}

Result<std::int64_t> MysqlBulk::insert(const std::string& sql, std::size_t columns, RowSource& rows,
                                       std::size_t packet_bytes_max) {
  const Result<MYSQL_STMT*> statement = prepared(sql);
  if (!statement) return fail(statement.error());
  const std::size_t bytes_max = std::min(packet_bytes_wanted, packet_bytes_max / 2);
  std::vector<Values> waiting;
  std::size_t bytes = 0;
  std::int64_t count = 0;
  const auto send = [&]() -> Result<void> {
    if (waiting.empty()) return {};
    Result<void> sent = execute(*statement, sql, waiting);
    count += static_cast<std::int64_t>(waiting.size());
    waiting.clear();
    bytes = 0;
    return sent;
  };
  while (true) {
    Values row;
    Result<bool> filled = rows.next(row);
    if (!filled) return fail(std::move(filled).error());
    if (!*filled) break;
    check(row.size() == columns, "a row has one value a column");
    std::size_t row_bytes = 0;
    for (const Value& value : row) row_bytes += bytes_of(value) + value_bytes_around;
    if (row_bytes >= packet_bytes_max)
      return fail(too_long_for_packet(row_bytes, packet_bytes_max, sql));
    if (bytes + row_bytes > bytes_max)
      if (Result<void> sent = send(); !sent) return fail(std::move(sent).error());
    bytes += row_bytes;
    waiting.push_back(std::move(row));
  }
  if (Result<void> sent = send(); !sent) return fail(std::move(sent).error());
  return count;
}

}  // namespace tidemark::sql
