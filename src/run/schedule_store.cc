#include "run/schedule_store.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/parse_integer.h"
#include "run/migration.h"
#include "sql/rows.h"
#include "sql/server_clock.h"

namespace tidemark::run {
namespace {

constexpr std::size_t error_bytes_max = 4'000;

constexpr std::array steps = {Migration{
    .sqlite = "CREATE TABLE IF NOT EXISTS schedules (name TEXT NOT NULL PRIMARY KEY, "
              "job_group TEXT NOT NULL, gives_way INTEGER NOT NULL, paused INTEGER NOT NULL, "
              "cron TEXT, time_zone TEXT, jitter_seconds INTEGER, rule_text TEXT NOT NULL, "
              "next_due_at INTEGER, next_start_at INTEGER, requested_at INTEGER, "
              "again_at INTEGER, again_count INTEGER NOT NULL, owner TEXT NOT NULL, "
              "token INTEGER NOT NULL, lease_until INTEGER, asked_to_yield INTEGER NOT NULL, "
              "last_due_at INTEGER, last_started_at INTEGER, last_finished_at INTEGER, "
              "last_success_at INTEGER, last_status TEXT NOT NULL, last_error TEXT NOT NULL, "
              "last_exit_code INTEGER, last_missed INTEGER NOT NULL, runs TEXT NOT NULL) STRICT",
    .mysql = "CREATE TABLE IF NOT EXISTS schedules (name VARCHAR(64) NOT NULL PRIMARY KEY, "
             "job_group VARCHAR(64) NOT NULL, gives_way SMALLINT NOT NULL, "
             "paused SMALLINT NOT NULL, cron VARCHAR(200), time_zone VARCHAR(100), "
             "jitter_seconds BIGINT, rule_text VARCHAR(400) NOT NULL, next_due_at BIGINT, "
             "next_start_at BIGINT, requested_at BIGINT, again_at BIGINT, "
             "again_count BIGINT NOT NULL, owner VARCHAR(255) NOT NULL, token BIGINT NOT NULL, "
             "lease_until BIGINT, asked_to_yield SMALLINT NOT NULL, last_due_at BIGINT, "
             "last_started_at BIGINT, last_finished_at BIGINT, last_success_at BIGINT, "
             "last_status VARCHAR(16) NOT NULL, last_error TEXT NOT NULL, last_exit_code BIGINT, "
             "last_missed BIGINT NOT NULL, runs TEXT NOT NULL) "
             "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    .postgres = "CREATE TABLE IF NOT EXISTS schedules (name TEXT COLLATE \"C\" NOT NULL "
                "PRIMARY KEY, job_group TEXT NOT NULL, gives_way SMALLINT NOT NULL, "
                "paused SMALLINT NOT NULL, cron TEXT, time_zone TEXT, jitter_seconds BIGINT, "
                "rule_text TEXT NOT NULL, next_due_at BIGINT, next_start_at BIGINT, "
                "requested_at BIGINT, again_at BIGINT, again_count BIGINT NOT NULL, "
                "owner TEXT NOT NULL, token BIGINT NOT NULL, lease_until BIGINT, "
                "asked_to_yield SMALLINT NOT NULL, last_due_at BIGINT, last_started_at BIGINT, "
                "last_finished_at BIGINT, last_success_at BIGINT, last_status TEXT NOT NULL, "
                "last_error TEXT NOT NULL, last_exit_code BIGINT, last_missed BIGINT NOT NULL, "
                "runs TEXT NOT NULL)",
}};

constexpr std::string_view columns =
    "name, job_group, gives_way, paused, cron, time_zone, jitter_seconds, rule_text, next_due_at, "
    "next_start_at, requested_at, again_at, again_count, owner, token, lease_until, "
    "asked_to_yield, last_due_at, last_started_at, last_finished_at, last_success_at, "
    "last_status, last_error, last_exit_code, last_missed, runs";

std::optional<std::string> optional_text(const sql::Cursor& row, std::size_t column) {
  const auto text = row.at(column);
  if (!text) return std::nullopt;
  return std::string(*text);
}

std::string text_at(const sql::Cursor& row, std::size_t column) {
  return std::string(row.at(column).value_or(""));
}

std::optional<std::int64_t> optional_number(const sql::Cursor& row, std::size_t column) {
  const auto text = row.at(column);
  return text ? parse_integer(*text) : std::nullopt;
}

std::int64_t number_at(const sql::Cursor& row, std::size_t column) {
  return optional_number(row, column).value_or(0);
}

std::optional<WallTime> time_at(const sql::Cursor& row, std::size_t column) {
  const auto number = optional_number(row, column);
  if (!number) return std::nullopt;
  return WallTime(std::chrono::microseconds(*number));
}

std::optional<std::chrono::seconds> seconds_at(const sql::Cursor& row, std::size_t column) {
  const auto number = optional_number(row, column);
  if (!number) return std::nullopt;
  return std::chrono::seconds(*number);
}

/// What somebody spoilt by hand counts as nothing: these are figures for people.
std::map<std::string, std::int64_t> counts_at(const sql::Cursor& row, std::size_t column) {
  std::map<std::string, std::int64_t> counts;
  const auto json = nlohmann::json::parse(row.at(column).value_or(""), nullptr, false);
  if (!json.is_object()) return counts;
  for (const auto& [status, count] : json.items())
    if (count.is_number_integer()) counts[status] = count.get<std::int64_t>();
  return counts;
}

Schedule schedule_of(const sql::Cursor& row) {
  return {.name = text_at(row, 0),
          .group = text_at(row, 1),
          .gives_way = number_at(row, 2) != 0,
          .paused = number_at(row, 3) != 0,
          .cron = optional_text(row, 4),
          .time_zone = optional_text(row, 5),
          .jitter = seconds_at(row, 6),
          .rule = text_at(row, 7),
          .next_due_at = time_at(row, 8),
          .next_start_at = time_at(row, 9),
          .requested_at = time_at(row, 10),
          .again_at = time_at(row, 11),
          .again_count = number_at(row, 12),
          .owner = text_at(row, 13),
          .token = number_at(row, 14),
          .lease_until = time_at(row, 15),
          .asked_to_yield = number_at(row, 16) != 0,
          .last_due_at = time_at(row, 17),
          .last_started_at = time_at(row, 18),
          .last_finished_at = time_at(row, 19),
          .last_success_at = time_at(row, 20),
          .last_status = text_at(row, 21),
          .last_error = text_at(row, 22),
          .last_exit_code = optional_number(row, 23),
          .last_missed = number_at(row, 24),
          .runs = counts_at(row, 25)};
}

sql::Value value_of(const std::optional<WallTime>& time) {
  if (!time) return std::monostate{};
  return time->time_since_epoch().count();
}

sql::Value value_of(const std::optional<std::string>& text) {
  if (!text) return std::monostate{};
  return *text;
}

sql::Value value_of(const std::optional<std::chrono::seconds>& time) {
  if (!time) return std::monostate{};
  return std::int64_t{time->count()};
}

sql::Value value_of(const std::optional<std::int64_t>& number) {
  if (!number) return std::monostate{};
  return *number;
}

sql::Value value_of(bool flag) { return std::int64_t{flag ? 1 : 0}; }

/// In the order of `columns`, without the name.
sql::Values values_of(const Schedule& schedule) {
  return {schedule.group,
          value_of(schedule.gives_way),
          value_of(schedule.paused),
          value_of(schedule.cron),
          value_of(schedule.time_zone),
          value_of(schedule.jitter),
          schedule.rule,
          value_of(schedule.next_due_at),
          value_of(schedule.next_start_at),
          value_of(schedule.requested_at),
          value_of(schedule.again_at),
          schedule.again_count,
          schedule.owner,
          schedule.token,
          value_of(schedule.lease_until),
          value_of(schedule.asked_to_yield),
          value_of(schedule.last_due_at),
          value_of(schedule.last_started_at),
          value_of(schedule.last_finished_at),
          value_of(schedule.last_success_at),
          schedule.last_status,
          printable(schedule.last_error, error_bytes_max),
          value_of(schedule.last_exit_code),
          schedule.last_missed,
          nlohmann::json(schedule.runs).dump()};
}

/// `job_group=?, gives_way=?, …`
const std::string& assignments() {
  static const std::string made = [] {
    std::string text(columns.substr(columns.find(',') + 2));
    for (std::size_t comma = 0; (comma = text.find(',', comma)) != std::string::npos; comma += 3)
      text.insert(comma, "=?");
    return text + "=?";
  }();
  return made;
}

}  // namespace

Result<void> ScheduleStore::migrate() { return run::migrate(connection_, "schedule", steps); }

Result<std::vector<Schedule>> ScheduleStore::select(std::string_view condition, bool locked,
                                                    const sql::Values& values) {
  // SQLite has one writer anyway.
  const std::string_view lock =
      locked && connection_.dialect() != sql::Dialect::sqlite ? " FOR UPDATE" : "";
  return sql::all_rows(connection_.query(fmt::format("SELECT {} FROM schedules{} ORDER BY name{}",
                                                     columns, condition, lock),
                                         values),
                       schedule_of);
}

Result<std::vector<Schedule>> ScheduleStore::all() { return select("", false); }
Result<std::vector<Schedule>> ScheduleStore::all_locked() { return select("", true); }

Result<std::optional<Schedule>> ScheduleStore::find(const std::string& name) {
  auto found = select(" WHERE name = ?", false, {name});
  if (!found) return fail(std::move(found));
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

Result<std::optional<Schedule>> ScheduleStore::find_locked(const std::string& name) {
  auto found = select(" WHERE name = ?", true, {name});
  if (!found) return fail(std::move(found));
  if (found->empty()) return std::nullopt;
  return std::move(found->front());
}

Result<void> ScheduleStore::insert(const Schedule& schedule) {
  sql::Values values = values_of(schedule);
  values.insert(values.begin(), schedule.name);
  std::string marks = "?";
  for (std::size_t i = 1; i < values.size(); ++i) marks += ", ?";
  return sql::write(connection_,
                    fmt::format("INSERT INTO schedules ({}) VALUES ({})", columns, marks), values);
}

Result<void> ScheduleStore::update(const Schedule& schedule) {
  sql::Values values = values_of(schedule);
  values.emplace_back(schedule.name);
  return sql::write(connection_,
                    fmt::format("UPDATE schedules SET {} WHERE name = ?", assignments()), values);
}

Result<void> register_jobs(sql::Connection& connection, const std::vector<Job>& jobs) {
  ScheduleStore store(connection);
  if (Result<void> migrated = store.migrate(); !migrated) return migrated;
  for (const Job& job : jobs) {
    auto found = store.find(job.name);
    if (!found) return fail(std::move(found));
    if (*found) continue;
    const Schedule fresh{.name = job.name, .group = job.group, .gives_way = job.gives_way};
    const Result<void> stored = store.insert(fresh);
    if (stored) continue;
    // Another hub may have been quicker.
    found = store.find(job.name);
    if (!found || !*found) return fail(stored.error());
  }
  return {};
}

Result<WallTime> ScheduleStore::now(const Clock& clock) {
  if (connection_.dialect() == sql::Dialect::sqlite) return clock.wall();
  const Result<std::int64_t> now = sql::server_now(connection_);
  if (!now) return fail(now.error());
  return WallTime(std::chrono::microseconds(*now));
}

}  // namespace tidemark::run
