#include "sql/postgres/postgres_copy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "sql/postgres/postgres_statement.h"

namespace tidemark::sql {
namespace {

constexpr std::size_t chunk_bytes = 256 << 10;

/// Not read as it is by COPY, or not allowed. Asked of each byte: find_first_of() takes several
/// times as long.
constexpr bool is_special(char c) {
  return c == '\\' || c == '\n' || c == '\t' || c == '\r' || c == '\0';
}

Result<void> put(PostgresSession& session, const std::string& chunk) {
  // 0: libpq's buffer is full, which in its non-blocking mode means that flushing comes first.
  while (true) {
    const int taken = PQputCopyData(session.handle(), chunk.data(), static_cast<int>(chunk.size()));
    if (taken < 0) return fail(session.connection_failure());
    if (Result<void> flushed = session.flush(); !flushed) return flushed;
    if (taken == 1) return {};
  }
}

/// Sends all rows. On failure the COPY is still open.
Result<void> send_rows(PostgresSession& session, std::size_t columns, RowSource& rows) {
  std::string chunk;
  Values row;
  while (true) {
    Result<bool> filled = rows.next(row);
    if (!filled) return fail(std::move(filled).error());
    if (!*filled) break;
    check(row.size() == columns, "a row has one value a column");
    for (std::size_t i = 0; i < columns; ++i) {
      if (i != 0) chunk += '\t';
      if (Result<void> added = append_copy_value(chunk, row[i]); !added) return added;
    }
    chunk += '\n';
    if (chunk.size() < chunk_bytes) continue;
    if (Result<void> sent = put(session, chunk); !sent) return sent;
    chunk.clear();
  }
  return chunk.empty() ? Result<void>{} : put(session, chunk);
}

}  // namespace

Result<void> append_copy_value(std::string& line, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    const fmt::format_int digits(*integer);
    line.append(digits.data(), digits.size());
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    line += "\\\\x";
    line += hex(blob->bytes);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    std::string_view rest = *text;
    while (true) {
      const auto plain =
          static_cast<std::size_t>(std::ranges::find_if(rest, is_special) - rest.begin());
      line += rest.substr(0, plain);
      if (plain == rest.size()) return {};
      const char c = rest[plain];
      if (c == '\0') return fail(nul_in_text());
      line += '\\';
      line += c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : '\\';
      rest.remove_prefix(plain + 1);
    }
  } else {
    line += "\\N";
  }
  return {};
}

Result<std::int64_t> copy_rows(PostgresSession& session, const std::string& sql,
                               std::size_t columns, RowSource& rows) {
  if (PQsendQuery(session.handle(), sql.c_str()) == 0) return fail(session.connection_failure());
  if (Result<void> flushed = session.flush(); !flushed) return fail(std::move(flushed).error());
  Result<PostgresResult> started = session.next_result(sql);
  if (!started) return fail(std::move(started).error());
  check(*started && PQresultStatus(started->get()) == PGRES_COPY_IN, "COPY FROM STDIN wants rows");

  Result<void> sent = send_rows(session, columns, rows);
  // A reason makes the server forget all rows of this COPY.
  const char* reason = sent ? nullptr : "the source of the rows failed";
  while (PQputCopyEnd(session.handle(), reason) == 0) {
    if (Result<void> flushed = session.flush(); !flushed) return fail(std::move(flushed).error());
  }
  if (Result<void> flushed = session.flush(); !flushed) {
    return fail(sent ? std::move(flushed).error() : std::move(sent).error());
  }
  Result<PostgresResult> finished = session.next_result(sql);
  session.discard_results();
  // The server's own refusal (a wrong value, a duplicate key) says more than a broken send.
  if (!sent && sent.error().kind != ErrorKind::unreachable) return fail(std::move(sent).error());
  if (!finished) return fail(std::move(finished).error());
  if (!*finished) return fail(session.connection_failure());
  return std::stoll(PQcmdTuples(finished->get()));
}

}  // namespace tidemark::sql
