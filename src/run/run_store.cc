#include "run/run_store.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string>

#include "base/bytes.h"
#include "base/ulid.h"
#include "run/migration.h"
#include "sql/rows.h"
#include "sql/transaction.h"

namespace tidemark::run {
namespace {

// MySQL's TEXT holds 65,535 bytes; nobody reads that much.
constexpr std::size_t text_bytes_max = 8'000;

constexpr std::array steps = {
    Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS runs (id TEXT NOT NULL PRIMARY KEY, "
                  "job TEXT NOT NULL, command TEXT NOT NULL, host TEXT NOT NULL, "
                  "pid INTEGER NOT NULL, pid_start INTEGER NOT NULL, started_at TEXT NOT NULL, "
                  "heartbeat_at TEXT NOT NULL, ended_at TEXT, status TEXT NOT NULL, "
                  "counts TEXT NOT NULL, error TEXT NOT NULL, exit_code INTEGER) STRICT",
        .mysql = "CREATE TABLE IF NOT EXISTS runs (id VARCHAR(26) NOT NULL PRIMARY KEY, "
                 "job VARCHAR(100) NOT NULL, command TEXT NOT NULL, host VARCHAR(255) NOT NULL, "
                 "pid BIGINT NOT NULL, pid_start BIGINT NOT NULL, started_at VARCHAR(32) NOT NULL, "
                 "heartbeat_at VARCHAR(32) NOT NULL, ended_at VARCHAR(32), "
                 "status VARCHAR(16) NOT NULL, counts TEXT NOT NULL, error TEXT NOT NULL, "
                 "exit_code INTEGER) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS runs (id TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, "
                    "job TEXT NOT NULL, command TEXT NOT NULL, host TEXT NOT NULL, "
                    "pid BIGINT NOT NULL, pid_start BIGINT NOT NULL, started_at TEXT NOT NULL, "
                    "heartbeat_at TEXT NOT NULL, ended_at TEXT, status TEXT NOT NULL, "
                    "counts TEXT NOT NULL, error TEXT NOT NULL, exit_code INTEGER)",
    },
};

constexpr std::string_view columns =
    "id, job, command, host, pid, pid_start, started_at, heartbeat_at, ended_at, status, counts, "
    "error, exit_code";

sql::Value optional_stamp(const std::optional<WallTime>& time) {
  if (!time) return std::monostate{};
  return stamp_text(*time);
}

sql::Value optional_number(const std::optional<int>& number) {
  if (!number) return std::monostate{};
  return std::int64_t{*number};
}

std::string text_at(const sql::Cursor& row, std::size_t column) {
  return std::string(row.at(column).value_or(""));
}

std::int64_t number_at(const sql::Cursor& row, std::size_t column) {
  const std::string_view text = row.at(column).value_or("");
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// A stamp that somebody spoilt by hand counts as the epoch, which is conspicuous.
RunRecord record_of(const sql::Cursor& row) {
  RunRecord record{
      .id = text_at(row, 0),
      .job = text_at(row, 1),
      .command = text_at(row, 2),
      .process = {.host = text_at(row, 3), .pid = number_at(row, 4), .start = number_at(row, 5)},
      .started_at = parse_stamp(text_at(row, 6)).value_or(WallTime{}),
      .heartbeat_at = parse_stamp(text_at(row, 7)).value_or(WallTime{}),
      .status = parse_run_status(text_at(row, 9)).value_or(RunStatus::failed),
      .counts = text_at(row, 10),
      .error = text_at(row, 11)};
  if (row.at(8)) record.ended_at = parse_stamp(text_at(row, 8));
  if (row.at(12)) record.exit_code = static_cast<int>(number_at(row, 12));
  return record;
}

}  // namespace

Result<void> RunStore::migrate() { return run::migrate(connection_, "run", steps); }

Result<void> RunStore::save(const RunRecord& record) {
  Result<void> saved = save_once(record);
  // Somebody who replayed our journal may have inserted the row in between: now it is there.
  if (!saved && saved.error().kind == ErrorKind::query) saved = save_once(record);
  return saved;
}

Result<void> RunStore::save_once(const RunRecord& record) {
  return sql::in_transaction(connection_, [&] { return write(record); });
}

Result<void> RunStore::write(const RunRecord& record) {
  const sql::Values id = {record.id};
  // 0: not there, 1: running, 2: ended.
  const auto state = sql::query_value(
      connection_, "SELECT CASE WHEN ended_at IS NULL THEN 1 ELSE 2 END FROM runs WHERE id = ?",
      id);
  if (!state) return fail(state.error());
  if (!*state) {
    return sql::write(
        connection_,
        fmt::format("INSERT INTO runs ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    columns),
        sql::Values{record.id, printable(record.job, 100),
                    printable(record.command, text_bytes_max), printable(record.process.host, 255),
                    record.process.pid, record.process.start, stamp_text(record.started_at),
                    stamp_text(record.heartbeat_at), optional_stamp(record.ended_at),
                    std::string(name(record.status)), record.counts,
                    printable(record.error, text_bytes_max), optional_number(record.exit_code)});
  }
  if (**state != "1") return {};
  return sql::write(
      connection_,
      "UPDATE runs SET heartbeat_at = ?, ended_at = ?, status = ?, counts = ?, error = ?, "
      "exit_code = ? WHERE id = ?",
      sql::Values{stamp_text(record.heartbeat_at), optional_stamp(record.ended_at),
                  std::string(name(record.status)), record.counts,
                  printable(record.error, text_bytes_max), optional_number(record.exit_code),
                  record.id});
}

Result<std::vector<RunRecord>> RunStore::list(std::int64_t limit) {
  return select("ORDER BY id DESC LIMIT ?", {limit});
}

Result<std::vector<RunRecord>> RunStore::ended(std::string_view job_begins, WallTime since,
                                               std::int64_t limit) {
  return select("WHERE id >= ? AND job LIKE ? AND ended_at IS NOT NULL ORDER BY id DESC LIMIT ?",
                {ulid_floor(since), std::string(job_begins) + "%", limit});
}

Result<RunRecord> RunStore::find(std::string_view id) {
  // Behind every id that begins so comes id + '~': no ULID has a letter as high.
  Result<std::vector<RunRecord>> found = select("WHERE id >= ? AND id < ? ORDER BY id LIMIT 2",
                                                {std::string(id), std::string(id) + "~"});
  if (!found) return fail(std::move(found));
  if (found->empty())
    return fail(make_error(ErrorKind::not_found, {"there is no run '{}'", "没有运行记录“{}”"},
                           printable(id))
                    .with_hint({"`tidemark runs list` lists them", "列表见 `tidemark runs list`"}));
  if (found->size() > 1)
    return fail(ErrorKind::rejected, {"several runs begin with '{}'", "有多个运行以“{}”开头"},
                printable(id));
  return std::move(found->front());
}

Result<std::vector<RunRecord>> RunStore::select(std::string_view rest, const sql::Values& params) {
  Result<std::unique_ptr<sql::Cursor>> cursor =
      connection_.query(fmt::format("SELECT {} FROM runs {}", columns, rest), params);
  if (!cursor) return fail(std::move(cursor));
  std::vector<RunRecord> records;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return records;
    records.push_back(record_of(**cursor));
  }
}

}  // namespace tidemark::run
