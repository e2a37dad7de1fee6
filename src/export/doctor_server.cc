#include "export/doctor_server.h"

#include <set>

#include "export/zone_conversion.h"
#include "run/figures.h"
#include "sql/rows.h"
#include "watermark/zone_rules.h"

namespace tidemark::exporter {
namespace {

constexpr std::chrono::seconds clock_difference_max{30};

/// Offsets of the session's zone from UTC at four moments of a year, which tell summer time.
Result<std::set<std::int64_t>> offsets_of_a_year(const Patient& patient, const std::string& zone) {
  std::set<std::int64_t> offsets;
  const WallTime now = std::chrono::floor<std::chrono::seconds>(patient.clock.wall());
  for (const int days : {0, 91, 182, 273}) {
    const WallTime instant = now + std::chrono::days{days};
    const Result<CivilTime> civil = session_time(patient.connection, zone, instant);
    if (!civil) return fail(civil.error());
    offsets.insert((civil->time().time_since_epoch() - instant.time_since_epoch()).count());
  }
  return offsets;
}

std::string seconds_text(std::chrono::microseconds time) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(time).count());
}

/// To whom the server says we are; empty if it does not.
std::string grant_statement(sql::Connection& connection, const std::string& grant) {
  const bool mysql = connection.dialect() == sql::Dialect::mysql;
  const Result<std::optional<std::string>> user =
      sql::query_value(connection, mysql ? "SELECT CURRENT_USER()" : "SELECT current_user");
  if (!user || !*user) return {};
  if (!mysql) return fmt::format("GRANT {} TO {}", grant, connection.quoted(**user));
  const std::size_t at = (*user)->rfind('@');
  return fmt::format("GRANT {} ON *.* TO '{}'@'{}'", grant, (*user)->substr(0, at),
                     (*user)->substr(at + 1));
}

}  // namespace

Finding check_version(const Patient& patient) {
  const Result<sql::ServerInfo> server = patient.connection.server();
  if (!server) return unchecked("version", server.error(), Verdict::failure);
  return {.check = "version", .what = say({"{} {}", "{} {}"}, server->product, server->version)};
}

Finding check_clock(const Patient& patient) {
  const Result<std::chrono::microseconds> ahead =
      clock_difference(patient.connection, patient.clock);
  // The checks after this one expect the session as a run has it.
  const Result<void> zone = patient.connection.set_zone(patient.options.zone);
  if (!ahead) return unchecked("clock", ahead.error());
  if (!zone) return unchecked("clock", zone.error());
  if (std::chrono::abs(*ahead) <= clock_difference_max) {
    return {.check = "clock",
            .what = say({"server and machine agree within {}", "服务器与本机时钟相差不超过 {}"},
                        seconds_text(std::chrono::abs(*ahead)))};
  }
  return {
      .check = "clock",
      .verdict = Verdict::warning,
      .what =
          *ahead > std::chrono::seconds{0}
              ? say({"the server's clock is {} ahead of this machine's", "服务器时钟比本机快 {}"},
                    seconds_text(*ahead))
              : say({"the server's clock is {} behind this machine's", "服务器时钟比本机慢 {}"},
                    seconds_text(-*ahead)),
      .mend = say({"no row is lost (boundaries follow the server), but times in logs differ: "
                   "let both use NTP",
                   "不会漏数据（边界以服务器为准），但日志时间不一致：请为两者启用 NTP"})};
}

Finding check_zone(const Patient& patient) {
  if (Result<void> set = patient.connection.set_zone(patient.options.zone); !set) {
    return unchecked("zone", set.error(), Verdict::failure);
  }
  const Result<sql::ServerInfo> server = patient.connection.server();
  if (!server) return unchecked("zone", server.error());
  const std::string zone = patient.options.zone.empty() ? server->zone : patient.options.zone;
  const Result<std::set<std::int64_t>> offsets = offsets_of_a_year(patient, zone);
  if (!offsets) return unchecked("zone", offsets.error());
  const std::string& name = patient.table.spec().name;
  if (offsets->size() > 1) {
    return {
        .check = "zone",
        .verdict = Verdict::warning,
        .what = say({"{} has summer time: one hour a year comes twice, and changes in it can be "
                     "missed by incremental runs",
                     "{} 实行夏令时：每年有一小时重复出现，其间的修改可能被增量导出漏掉"},
                    zone),
        .mend = say({"run a full export (or the sweep) after that hour, or have the column "
                     "written in a zone without summer time",
                     "请在该小时之后做一次全量导出（或核对），或让该列以无夏令时的时区写入"})};
  }
  if (zone.starts_with("SYSTEM")) {
    return {.check = "zone",
            .what = say({"{}: the zone of the server's machine", "{}：服务器所在机器的时区"}, zone),
            .mend = say({"if applications write the column in another zone, set export.{}.zone",
                         "若应用以其他时区写入该列，请设置 export.{}.zone"},
                        name)};
  }
  return {.check = "zone", .what = say({"{}", "{}"}, zone)};
}

Finding check_open_transactions(const Patient& patient) {
  const Result<sql::OpenTransactions> open = patient.connection.open_transactions();
  if (!open) return unchecked("grants", open.error());
  if (!open->complete) {
    return {
        .check = "grants",
        .verdict = Verdict::warning,
        .what = say({"the user lacks {}: transactions of others cannot be seen, only the margin "
                     "protects against late commits",
                     "账号缺少 {} 权限：看不到其他会话的事务，只有安全边界能防止迟到的提交"},
                    open->missing_grant),
        .mend = say({"let an administrator grant it", "请管理员授权"}),
        .statement = grant_statement(patient.connection, open->missing_grant)};
  }
  if (!open->oldest) {
    return {.check = "grants",
            .what = say({"open transactions can be seen; there is none",
                         "可以看到未结束的事务；目前没有"})};
  }
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(open->oldest->age);
  return {.check = "grants",
          .what = Message{
              fmt::format("open transactions can be seen; the oldest, for {}: {}",
                          run::duration_text(age, Language::english), open->oldest->who.en),
              fmt::format("可以看到未结束的事务；最早的已持续 {}：{}",
                          run::duration_text(age, Language::chinese), open->oldest->who.zh)}};
}

Finding check_replica(const Patient& patient) {
  std::string_view query;
  switch (patient.connection.dialect()) {
    case sql::Dialect::mysql:
      query = "SELECT @@global.read_only";
      break;
    case sql::Dialect::postgres:
      query = "SELECT CAST(pg_is_in_recovery() AS integer)";
      break;
    case sql::Dialect::sqlite:
      return {.check = "replica", .what = say({"a file of its own", "独立的数据库文件"})};
  }
  const Result<std::optional<std::string>> answer = sql::query_value(patient.connection, query);
  if (!answer) return unchecked("replica", answer.error());
  const std::string value = answer->value_or("0");
  if (value == "0" || value == "OFF") {
    return {.check = "replica", .what = say({"the server takes writes", "服务器可写（主库）"})};
  }
  return {
      .check = "replica",
      .verdict = Verdict::warning,
      .what = say({"the server is read-only, so probably a replica: its lag eats up the margin of "
                   "{}, and transactions open at its source cannot be seen",
                   "服务器为只读，很可能是从库：复制延迟会占用 {} 的安全边界，且看不到主库上"
                   "未结束的事务"},
                  run::duration_text(patient.options.margin, Language::english)),
      .mend = say({"export from its source, or set export.{}.margin above the largest lag",
                   "请从主库导出，或将 export.{}.margin 设得大于最大延迟"},
                  patient.table.spec().name)};
}

Finding check_engine(const Patient& patient) {
  Finding finding{.check = "engine", .what = say({"reads see a snapshot", "读取基于快照"})};
  const std::optional<Statement> ask = patient.table.engine();
  if (!ask) return finding;
  const auto without_transactions =
      sql::first_row(patient.connection.query(ask->sql, ask->params), [](const sql::Cursor& row) {
        return std::string(row.at(1) == "YES" ? "" : row.at(0).value_or(""));
      });
  if (!without_transactions) return unchecked("engine", without_transactions.error());
  const std::string engine = without_transactions->value_or("");
  if (engine.empty()) return finding;
  finding.verdict = Verdict::warning;
  finding.what = say({"{} has no transactions: reads see no snapshot, and a run that meets a write "
                      "fails, since its counts differ",
                      "{} 不支持事务：读取没有快照，运行中若有写入，会因行数不符而失败"},
                     engine);
  finding.mend = say({"ALTER TABLE {} ENGINE=InnoDB; until then export while nobody writes",
                      "ALTER TABLE {} ENGINE=InnoDB；在此之前请在无人写入时导出"},
                     patient.connection.quoted(patient.table.spec().table));
  return finding;
}

Finding check_select(const Patient& patient) {
  Slice nothing;
  std::string zeros = "0";
  for (std::size_t i = 1; i < patient.table.key_columns(); ++i) zeros += "|0";
  nothing.keys = {Key::from_text(zeros, patient.table.integer_key())};
  const Statement statement = patient.table.select(nothing);
  const auto cursor = patient.connection.query(statement.sql, statement.params);
  const Result<bool> row = cursor ? (*cursor)->next() : Result<bool>(fail(cursor.error()));
  if (!row) return unchecked("select", row.error(), Verdict::failure);
  return {.check = "select",
          .what = say({"all columns of {} may be read", "可读取 {} 的全部所需列"},
                      patient.table.spec().table)};
}

}  // namespace tidemark::exporter
