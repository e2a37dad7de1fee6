#include "alert/store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/parse_integer.h"
#include "run/migration.h"
#include "sql/rows.h"
#include "sql/server_clock.h"

namespace tidemark::alert {
namespace {

constexpr std::size_t error_bytes_max = 1'000;
/// The name of a mute of everything.
constexpr std::string_view everything = "all";

constexpr std::array steps = {
    run::Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS alert_rules (rule TEXT NOT NULL PRIMARY KEY, "
                  "pending_since INTEGER, firing_since INTEGER, clear_since INTEGER) STRICT",
        .mysql = "CREATE TABLE IF NOT EXISTS alert_rules (rule VARCHAR(64) NOT NULL PRIMARY KEY, "
                 "pending_since BIGINT, firing_since BIGINT, clear_since BIGINT) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS alert_rules (rule TEXT COLLATE \"C\" NOT NULL "
                    "PRIMARY KEY, pending_since BIGINT, firing_since BIGINT, clear_since BIGINT)"},
    run::Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS alert_told (channel TEXT NOT NULL, "
                  "alert TEXT NOT NULL, level TEXT NOT NULL, since_at INTEGER NOT NULL, "
                  "told_at INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (channel, alert)) "
                  "STRICT",
        .mysql = "CREATE TABLE IF NOT EXISTS alert_told (channel VARCHAR(64) NOT NULL, "
                 "alert VARCHAR(64) NOT NULL, level VARCHAR(16) NOT NULL, "
                 "since_at BIGINT NOT NULL, told_at BIGINT NOT NULL, value VARCHAR(32) NOT NULL, "
                 "PRIMARY KEY (channel, alert)) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS alert_told (channel TEXT COLLATE \"C\" NOT NULL, "
                    "alert TEXT COLLATE \"C\" NOT NULL, level TEXT NOT NULL, "
                    "since_at BIGINT NOT NULL, told_at BIGINT NOT NULL, value TEXT NOT NULL, "
                    "PRIMARY KEY (channel, alert))"},
    run::Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS alert_outbox (line_id TEXT NOT NULL PRIMARY KEY, "
                  "channel TEXT NOT NULL, alert TEXT NOT NULL, kind TEXT NOT NULL, "
                  "level TEXT NOT NULL, line TEXT NOT NULL, created_at INTEGER NOT NULL, "
                  "sent_at INTEGER) STRICT",
        .mysql = "CREATE TABLE IF NOT EXISTS alert_outbox (line_id VARCHAR(32) NOT NULL PRIMARY "
                 "KEY, channel VARCHAR(64) NOT NULL, alert VARCHAR(64) NOT NULL, "
                 "kind VARCHAR(16) NOT NULL, level VARCHAR(16) NOT NULL, line TEXT NOT NULL, "
                 "created_at BIGINT NOT NULL, sent_at BIGINT) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS alert_outbox (line_id TEXT COLLATE \"C\" NOT NULL "
                    "PRIMARY KEY, channel TEXT COLLATE \"C\" NOT NULL, alert TEXT NOT NULL, "
                    "kind TEXT NOT NULL, level TEXT NOT NULL, line TEXT NOT NULL, "
                    "created_at BIGINT NOT NULL, sent_at BIGINT)"},
    run::Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS alert_channels (channel TEXT NOT NULL PRIMARY KEY, "
                  "failures INTEGER NOT NULL, retry_at INTEGER, last_sent_at INTEGER, "
                  "last_error TEXT NOT NULL, last_error_at INTEGER, sends TEXT NOT NULL) STRICT",
        .mysql = "CREATE TABLE IF NOT EXISTS alert_channels (channel VARCHAR(64) NOT NULL PRIMARY "
                 "KEY, failures BIGINT NOT NULL, retry_at BIGINT, last_sent_at BIGINT, "
                 "last_error TEXT NOT NULL, last_error_at BIGINT, sends TEXT NOT NULL) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS alert_channels (channel TEXT COLLATE \"C\" NOT "
                    "NULL PRIMARY KEY, failures BIGINT NOT NULL, retry_at BIGINT, "
                    "last_sent_at BIGINT, last_error TEXT NOT NULL, last_error_at BIGINT, "
                    "sends TEXT NOT NULL)"},
    run::Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS alert_mutes (alert TEXT NOT NULL PRIMARY KEY, "
                  "until_at INTEGER NOT NULL, reason TEXT NOT NULL, muted_by TEXT NOT NULL, "
                  "created_at INTEGER NOT NULL) STRICT",
        .mysql = "CREATE TABLE IF NOT EXISTS alert_mutes (alert VARCHAR(64) NOT NULL PRIMARY KEY, "
                 "until_at BIGINT NOT NULL, reason TEXT NOT NULL, muted_by VARCHAR(191) NOT NULL, "
                 "created_at BIGINT NOT NULL) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS alert_mutes (alert TEXT COLLATE \"C\" NOT NULL "
                    "PRIMARY KEY, until_at BIGINT NOT NULL, reason TEXT NOT NULL, "
                    "muted_by TEXT NOT NULL, created_at BIGINT NOT NULL)"},
    // Who looks and sends, of several hubs on one state: one row.
    run::Migration{
        .sqlite = "CREATE TABLE IF NOT EXISTS alert_lease (lease INTEGER NOT NULL PRIMARY KEY, "
                  "owner TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT",
        .mysql = "CREATE TABLE IF NOT EXISTS alert_lease (lease BIGINT NOT NULL PRIMARY KEY, "
                 "owner VARCHAR(255) NOT NULL, expires_at BIGINT NOT NULL) "
                 "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        .postgres = "CREATE TABLE IF NOT EXISTS alert_lease (lease BIGINT NOT NULL PRIMARY KEY, "
                    "owner TEXT NOT NULL, expires_at BIGINT NOT NULL)"},
    run::Migration{
        .sqlite = "INSERT INTO alert_lease (lease, owner, expires_at) SELECT 1, '', 0 WHERE NOT "
                  "EXISTS (SELECT 1 FROM alert_lease)",
        .mysql = "INSERT IGNORE INTO alert_lease (lease, owner, expires_at) VALUES (1, '', 0)",
        .postgres = "INSERT INTO alert_lease (lease, owner, expires_at) VALUES (1, '', 0) "
                    "ON CONFLICT DO NOTHING"},
    run::Migration{.sqlite = "CREATE INDEX IF NOT EXISTS alert_outbox_waiting ON alert_outbox "
                             "(channel, line_id) WHERE sent_at IS NULL",
                   .mysql =
                       "CREATE INDEX /*M! IF NOT EXISTS */ alert_outbox_waiting ON alert_outbox "
                       "(channel, sent_at, line_id)",
                   .postgres = "CREATE INDEX IF NOT EXISTS alert_outbox_waiting ON alert_outbox "
                               "(channel, line_id) WHERE sent_at IS NULL"},
};

std::string text_at(const sql::Cursor& row, std::size_t column) {
  return std::string(row.at(column).value_or(""));
}

std::optional<WallTime> time_at(const sql::Cursor& row, std::size_t column) {
  const auto text = row.at(column);
  const auto number = text ? parse_integer(*text) : std::nullopt;
  if (!number) return std::nullopt;
  return WallTime(std::chrono::microseconds(*number));
}

std::int64_t number_at(const sql::Cursor& row, std::size_t column) {
  return parse_integer(row.at(column).value_or("")).value_or(0);
}

sql::Value value_of(WallTime time) { return std::int64_t{time.time_since_epoch().count()}; }
sql::Value value_of(const std::optional<WallTime>& time) {
  if (!time) return std::monostate{};
  return value_of(*time);
}

double double_at(const sql::Cursor& row, std::size_t column) {
  const std::string text = text_at(row, column);
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

NoticeKind kind_named(std::string_view text) {
  for (const NoticeKind kind : {NoticeKind::raised, NoticeKind::lowered, NoticeKind::grown,
                                NoticeKind::still, NoticeKind::over})
    if (name(kind) == text) return kind;
  return NoticeKind::begun;
}

/// Microseconds, parted by commas.
std::vector<WallTime> times_in(std::string_view text) {
  std::vector<WallTime> times;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (const auto number = parse_integer(text.substr(0, comma)))
      times.emplace_back(std::chrono::microseconds(*number));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return times;
}

std::string text_of(const std::vector<WallTime>& times) {
  std::string text;
  for (const WallTime time : times)
    text += fmt::format("{}{}", text.empty() ? "" : ",", time.time_since_epoch().count());
  return text;
}

/// Changes a row, or adds it. Two who add it at once: one fails, and does it again at its next
/// turn.
Result<void> upsert(sql::Connection& connection, std::string_view update,
                    const sql::Values& update_values, std::string_view insert,
                    const sql::Values& insert_values) {
  const auto changed = connection.execute(update, update_values);
  if (!changed) return fail(changed.error());
  if (*changed > 0) return {};
  return sql::write(connection, insert, insert_values);
}

std::string mute_name(std::optional<Subject> subject) {
  return std::string(subject ? info(*subject).name : everything);
}

}  // namespace

Result<void> AlertStore::migrate() { return run::migrate(connection_, "alert", steps); }

Result<AlertStore::States> AlertStore::states() {
  States states;
  Result<void> read = sql::each_row(
      connection_.query("SELECT rule, pending_since, firing_since, clear_since FROM alert_rules"),
      [&states](const sql::Cursor& row) {
        states[text_at(row, 0)] = {.pending_since = time_at(row, 1),
                                   .firing_since = time_at(row, 2),
                                   .clear_since = time_at(row, 3)};
      });
  if (!read) return fail(std::move(read));
  return states;
}

Result<void> AlertStore::put_state(const std::string& rule, const RuleState& state) {
  const sql::Value pending = value_of(state.pending_since);
  const sql::Value firing = value_of(state.firing_since);
  const sql::Value clear = value_of(state.clear_since);
  return upsert(connection_,
                "UPDATE alert_rules SET pending_since = ?, firing_since = ?, clear_since = ? WHERE "
                "rule = ?",
                {pending, firing, clear, rule},
                "INSERT INTO alert_rules (rule, pending_since, firing_since, clear_since) VALUES "
                "(?, ?, ?, ?)",
                {rule, pending, firing, clear});
}

Result<std::map<std::string, Memory, std::less<>>> AlertStore::memories() {
  std::map<std::string, Memory, std::less<>> memories;
  Result<void> read = sql::each_row(
      connection_.query("SELECT channel, alert, level, since_at, told_at, value FROM alert_told"),
      [&memories](const sql::Cursor& row) {
        const auto subject = subject_named(text_at(row, 1));
        const auto level = level_named(text_at(row, 2));
        if (!subject || !level) return;  // Of another version; forgotten with the next change.
        memories[text_at(row, 0)][*subject] = {.level = *level,
                                               .since = time_at(row, 3).value_or(WallTime{}),
                                               .told_at = time_at(row, 4).value_or(WallTime{}),
                                               .value = double_at(row, 5)};
      });
  if (!read) return fail(std::move(read));
  return memories;
}

Result<void> AlertStore::put_memory(const std::string& channel, const Memory& memory) {
  if (Result<void> done =
          sql::write(connection_, "DELETE FROM alert_told WHERE channel = ?", sql::Values{channel});
      !done)
    return done;
  for (const auto& [subject, told] : memory)
    if (Result<void> done = sql::write(
            connection_,
            "INSERT INTO alert_told (channel, alert, level, since_at, told_at, value) VALUES "
            "(?, ?, ?, ?, ?, ?)",
            sql::Values{channel, std::string(info(subject).name), std::string(name(told.level)),
                        value_of(told.since), value_of(told.told_at),
                        fmt::format("{}", told.value)});
        !done)
      return done;
  return {};
}

Result<void> AlertStore::add_line(const OutboxLine& line) {
  return sql::write(connection_,
                    "INSERT INTO alert_outbox (line_id, channel, alert, kind, level, line, "
                    "created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    sql::Values{line.id, line.channel, std::string(info(line.subject).name),
                                std::string(name(line.kind)), std::string(name(line.level)),
                                line.text, value_of(line.created_at)});
}

Result<std::vector<OutboxLine>> AlertStore::waiting(const std::string& channel,
                                                    std::int64_t limit) {
  return sql::all_rows(
      connection_.query("SELECT line_id, channel, alert, kind, level, line, created_at FROM "
                        "alert_outbox WHERE channel = ? AND sent_at IS NULL ORDER BY line_id "
                        "LIMIT ?",
                        sql::Values{channel, limit}),
      [](const sql::Cursor& row) {
        return OutboxLine{.id = text_at(row, 0),
                          .channel = text_at(row, 1),
                          .subject = subject_named(text_at(row, 2)).value_or(Subject::backlog),
                          .kind = kind_named(text_at(row, 3)),
                          .level = level_named(text_at(row, 4)).value_or(Level::notice),
                          .text = text_at(row, 5),
                          .created_at = time_at(row, 6).value_or(WallTime{})};
      });
}

Result<void> AlertStore::mark_sent(const std::string& channel, const std::string& last_id,
                                   WallTime now) {
  return sql::write(connection_,
                    "UPDATE alert_outbox SET sent_at = ? WHERE channel = ? AND sent_at IS NULL "
                    "AND line_id <= ?",
                    sql::Values{value_of(now), channel, last_id});
}

Result<std::int64_t> AlertStore::prune(WallTime sent_before, WallTime waiting_since_before) {
  if (Result<void> done = sql::write(connection_, "DELETE FROM alert_outbox WHERE sent_at < ?",
                                     sql::Values{value_of(sent_before)});
      !done)
    return fail(std::move(done));
  return connection_.execute("DELETE FROM alert_outbox WHERE sent_at IS NULL AND created_at < ?",
                             sql::Values{value_of(waiting_since_before)});
}

Result<std::map<std::string, ChannelState, std::less<>>> AlertStore::channels() {
  std::map<std::string, ChannelState, std::less<>> channels;
  Result<void> read = sql::each_row(
      connection_.query("SELECT channel, failures, retry_at, last_sent_at, last_error, "
                        "last_error_at, sends FROM alert_channels"),
      [&channels](const sql::Cursor& row) {
        channels[text_at(row, 0)] = {.failures = number_at(row, 1),
                                     .retry_at = time_at(row, 2),
                                     .last_sent_at = time_at(row, 3),
                                     .last_error = text_at(row, 4),
                                     .last_error_at = time_at(row, 5),
                                     .sends = times_in(text_at(row, 6))};
      });
  if (!read) return fail(std::move(read));
  read = sql::each_row(connection_.query("SELECT channel, COUNT(*) FROM alert_outbox WHERE "
                                         "sent_at IS NULL GROUP BY channel"),
                       [&channels](const sql::Cursor& row) {
                         channels[text_at(row, 0)].waiting = number_at(row, 1);
                       });
  if (!read) return fail(std::move(read));
  return channels;
}

Result<void> AlertStore::put_channel(const std::string& channel, const ChannelState& state) {
  const std::string error = printable(state.last_error, error_bytes_max);
  const sql::Values values = {
      state.failures, value_of(state.retry_at),      value_of(state.last_sent_at),
      error,          value_of(state.last_error_at), text_of(state.sends),
      channel};
  return upsert(connection_,
                "UPDATE alert_channels SET failures = ?, retry_at = ?, last_sent_at = ?, "
                "last_error = ?, last_error_at = ?, sends = ? WHERE channel = ?",
                values,
                "INSERT INTO alert_channels (failures, retry_at, last_sent_at, last_error, "
                "last_error_at, sends, channel) VALUES (?, ?, ?, ?, ?, ?, ?)",
                values);
}

Result<std::vector<Mute>> AlertStore::mutes(WallTime now) {
  std::vector<Mute> mutes;
  Result<void> read = sql::each_row(
      connection_.query("SELECT alert, until_at, reason, muted_by FROM alert_mutes WHERE "
                        "until_at > ? ORDER BY alert",
                        sql::Values{value_of(now)}),
      [&mutes](const sql::Cursor& row) {
        const std::string name = text_at(row, 0);
        const auto subject = subject_named(name);
        if (!subject && name != everything) return;
        mutes.push_back({.subject = subject,
                         .until = time_at(row, 1).value_or(WallTime{}),
                         .reason = text_at(row, 2),
                         .by = text_at(row, 3)});
      });
  if (!read) return fail(std::move(read));
  return mutes;
}

Result<void> AlertStore::put_mute(const Mute& mute, WallTime now) {
  const sql::Values values = {value_of(mute.until), mute.reason, mute.by, value_of(now),
                              mute_name(mute.subject)};
  return upsert(connection_,
                "UPDATE alert_mutes SET until_at = ?, reason = ?, muted_by = ?, created_at = ? "
                "WHERE alert = ?",
                values,
                "INSERT INTO alert_mutes (until_at, reason, muted_by, created_at, alert) VALUES "
                "(?, ?, ?, ?, ?)",
                values);
}

Result<bool> AlertStore::remove_mute(std::optional<Subject> subject) {
  const auto removed = connection_.execute("DELETE FROM alert_mutes WHERE alert = ?",
                                           sql::Values{mute_name(subject)});
  if (!removed) return fail(removed.error());
  return *removed > 0;
}

Result<bool> AlertStore::take_lease(const std::string& hub, WallTime now, WallTime until) {
  const auto taken = connection_.execute(
      "UPDATE alert_lease SET owner = ?, expires_at = ? WHERE lease = 1 AND (owner = ? OR "
      "expires_at < ?)",
      sql::Values{hub, value_of(until), hub, value_of(now)});
  if (!taken) return fail(taken.error());
  return *taken > 0;
}

Result<void> AlertStore::release_lease(const std::string& hub) {
  return sql::write(connection_,
                    "UPDATE alert_lease SET expires_at = 0, owner = '' WHERE lease = 1 AND owner = "
                    "?",
                    sql::Values{hub});
}

Result<WallTime> AlertStore::now(const Clock& clock) {
  if (connection_.dialect() == sql::Dialect::sqlite) return clock.wall();
  const Result<std::int64_t> now = sql::server_now(connection_);
  if (!now) return fail(now.error());
  return WallTime(std::chrono::microseconds(*now));
}

std::set<Subject> muted_subjects(const std::vector<Mute>& mutes) {
  std::set<Subject> muted;
  for (const Mute& mute : mutes) {
    if (mute.subject) {
      muted.insert(*mute.subject);
      continue;
    }
    for (const SubjectInfo& about : subjects()) muted.insert(about.subject);
  }
  return muted;
}

}  // namespace tidemark::alert
