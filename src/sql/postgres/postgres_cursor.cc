#include "sql/postgres/postgres_cursor.h"

#include "base/check.h"

namespace tidemark::sql {
namespace {

constexpr Oid bytea_type = 17;  // pg_type.dat
/// What an abandoned cursor reads before it has the statement cancelled.
constexpr std::size_t drained_bytes_max = 1 << 20;

unsigned nibble(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);  // The server writes lower case.
}

}  // namespace

PostgresCursor::PostgresCursor(PostgresSession& session, PostgresResult first, std::string sql)
    : session_(session),
      result_(std::move(first)),
      sql_(std::move(sql)),
      columns_(result_ ? static_cast<std::size_t>(PQnfields(result_.get())) : 0),
      bytes_(columns_) {
  for (std::size_t i = 0; i < columns_; ++i) {
    if (PQftype(result_.get(), static_cast<int>(i)) == bytea_type) byte_columns_.push_back(i);
  }
}

PostgresCursor::~PostgresCursor() {
  std::size_t drained = 0;
  while (!finished_ && drained < drained_bytes_max) {
    const Result<bool> row = next();
    if (!row || !*row) return;
    drained += row_bytes();
  }
  if (finished_) return;
  session_.cancel();
  session_.discard_results();
}

std::size_t PostgresCursor::row_bytes() const {
  std::size_t bytes = columns_;
  for (std::size_t i = 0; i < columns_; ++i) {
    bytes += static_cast<std::size_t>(PQgetlength(result_.get(), 0, static_cast<int>(i)));
  }
  return bytes;
}

Result<bool> PostgresCursor::next() {
  if (finished_) return false;
  if (started_) {
    Result<PostgresResult> result = session_.next_result(sql_);
    if (!result) {
      finished_ = true;
      return fail(std::move(result));
    }
    result_ = std::move(*result);
  }
  started_ = true;
  if (result_ && PQresultStatus(result_.get()) == PGRES_SINGLE_TUPLE) {
    if (!byte_columns_.empty()) {
      if (Result<void> decoded = decode_bytes(); !decoded) return fail(std::move(decoded).error());
    }
    return true;
  }
  finished_ = true;
  session_.discard_results();
  return false;
}

Result<void> PostgresCursor::decode_bytes() {
  for (const std::size_t column : byte_columns_) {
    const int index = static_cast<int>(column);
    if (PQgetisnull(result_.get(), 0, index) != 0) continue;
    const std::string_view text(PQgetvalue(result_.get(), 0, index),
                                static_cast<std::size_t>(PQgetlength(result_.get(), 0, index)));
    if (!text.starts_with("\\x")) {
      return fail(ErrorKind::query, {"PostgreSQL: bytea_output was changed; it must be hex",
                                     "PostgreSQL：bytea_output 被改动，必须为 hex"});
    }
    std::string& bytes = bytes_[column];
    bytes.resize(text.size() / 2 - 1);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<char>(nibble(text[2 * i + 2]) << 4 | nibble(text[2 * i + 3]));
    }
  }
  return {};
}

std::optional<std::string_view> PostgresCursor::at(std::size_t column) const {
  check(started_ && !finished_ && column < columns_, "a value is read from a row that is there");
  const int index = static_cast<int>(column);
  if (PQgetisnull(result_.get(), 0, index) != 0) return std::nullopt;
  if (!byte_columns_.empty() && PQftype(result_.get(), index) == bytea_type) return bytes_[column];
  return std::string_view(PQgetvalue(result_.get(), 0, index),
                          static_cast<std::size_t>(PQgetlength(result_.get(), 0, index)));
}

}  // namespace tidemark::sql
