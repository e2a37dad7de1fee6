#include "load/doctor/loaded_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/civil_time.h"
#include "base/parse_integer.h"
#include "load/cell.h"
#include "load/doctor/small_rows.h"
#include "load/schema.h"
#include "load/views/views.h"
#include "run/figures.h"

namespace tidemark::load {
namespace {

using run::Finding;
using run::Verdict;

/// A stream that is read every half an hour or every day is late after so long.
constexpr std::chrono::hours watermark_age_max{26};

std::string age_text(std::chrono::seconds age, Language language) {
  return run::duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(age), language);
}

/// Without the fractions that a server may add.
std::string to_the_second(const std::string& time) {
  return time.substr(0, std::string_view("2025-01-31 00:00:00").size());
}

/// `stream` as the command calls it.
std::string command_of(const std::string& stream) {
  if (stream == "refunds" || stream == "after_sales") return "aftersales";
  if (stream == "live_streams") return "live";
  return stream;
}

/// What the warehouse notes of its loads cannot be read: no load can go on.
Finding unread(std::string_view check, const Error& error) {
  return run::unchecked(check, error, Verdict::failure);
}

void check_watermarks(const WarehousePatient& patient, bool has_gaps,
                      std::vector<Finding>& findings) {
  constexpr std::string_view imported =
      "(SELECT COUNT(*) FROM load_gaps g WHERE g.platform=s.platform AND g.stream=s.stream AND "
      "g.kind='imported')";
  const Result<Rows> streams = rows_of(
      patient.connection, fmt::format("SELECT platform, stream, complete_upto, complete_from, {} "
                                      "FROM load_streams s ORDER BY platform, stream",
                                      has_gaps ? imported : "0"));
  if (!streams) {
    findings.push_back(unread("watermark", streams.error()));
    return;
  }
  constexpr std::chrono::hours china{8};
  constexpr std::chrono::seconds now_or_later{0};
  const CivilTime now = local_time(patient.clock.wall(), china);
  for (const std::vector<std::string>& row : *streams) {
    const std::string stream = row[0] + " " + row[1];
    const std::optional<CivilTime> upto = CivilTime::parse(row[2]);
    if (!upto) {
      findings.push_back(
          {.check = "watermark",
           .what = say({"{}: none", "{}：无"}, printable(stream)),
           .mend = say({"`tidemark load {}` sets it", "运行 `tidemark load {}` 后产生"},
                       command_of(row[1]))});
      continue;
    }
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - *upto);
    const std::string from = to_the_second(row[3]);
    const Message arrived = row[4] == "0"
                                ? Message{"has arrived", "的数据已全部到达"}
                                : Message{"has arrived, but for what was taken over (gaps)",
                                          "的数据已全部到达（接管的除外，见时间段）"};
    if (age < -patient.margin) {
      findings.push_back(
          {.check = "watermark",
           .verdict = Verdict::failure,
           .what = say({"{}: lies in the future: {}; a clock was wrong when it was set",
                        "{}：位于未来：{}；设置时时钟有误"},
                       printable(stream), upto->text()),
           .mend = say({"see that this machine's clock is right; then `tidemark load {} --from … "
                        "--to …`, beginning with the day on which the clock went wrong",
                        "请先确认本机时钟正确，再从时钟出错那天起运行 `tidemark load {} --from … "
                        "--to …`"},
                       command_of(row[1]))});
      continue;
    }
    Finding finding{
        .check = "watermark",
        .what = Message{
            fmt::format("{}: all from {} until {} {} ({} ago)", printable(stream), from,
                        upto->text(), arrived.en,
                        age_text(std::max(age, now_or_later), Language::english)),
            fmt::format("{}：{} 至 {} {}（{}前）", printable(stream), from, upto->text(),
                        arrived.zh, age_text(std::max(age, now_or_later), Language::chinese))}};
    if (const auto begins = CivilTime::parse(from); begins && patient.history_start < *begins) {
      finding.verdict = Verdict::warning;
      finding.mend =
          say({"what is older (load.history_start: {}) is not loaded yet; `tidemark load "
               "{} --incremental` reads it",
               "更早的数据（load.history_start：{}）尚未加载；运行 `tidemark load {} "
               "--incremental` 读取"},
              patient.history_start.text(), command_of(row[1]));
    }
    if (age > watermark_age_max) {
      finding.verdict = Verdict::warning;
      finding.mend = say({"run `tidemark load {}`, and see why it does not run by schedule",
                          "请运行 `tidemark load {}`，并检查定时任务为何没有运行"},
                         command_of(row[1]));
    }
    findings.push_back(std::move(finding));
  }
}

/// `has_acceptances`: the warehouse has the tables of this version.
Finding check_rejects(const WarehousePatient& patient, bool has_acceptances) {
  constexpr std::string_view open =
      "WHERE NOT EXISTS (SELECT 1 FROM load_rejects_accepted a WHERE a.platform=r.platform AND "
      "a.stream=r.stream AND a.record_id=r.record_id AND a.content_hash=r.content_hash) ";
  const Result<Rows> rejects = rows_of(
      patient.connection,
      fmt::format("SELECT r.stream, COUNT(*), MIN(r.record_id) FROM load_rejects r {}GROUP BY "
                  "r.stream ORDER BY r.stream",
                  has_acceptances ? open : ""));
  if (!rejects) return unread("rejects", rejects.error());
  if (rejects->empty())
    return {.check = "rejects", .what = say({"no row is set aside", "没有拒收的行"})};
  std::string list;
  for (const std::vector<std::string>& row : *rejects)
    list += fmt::format("{}{} {} ({})", list.empty() ? "" : ", ", printable(row[0]), row[1],
                        printable(row[2]));
  return {
      .check = "rejects",
      .verdict = Verdict::warning,
      .what = say({"rows are set aside: {}", "有拒收的行：{}"}, list),
      .mend = say({"`tidemark load rejects list` tells why; what was corrected is taken when it "
                   "is read again, and `accept` is for what is known and fine",
                   "原因见 `tidemark load rejects list`；更正后再次读取即可入库，已知且无妨的用 "
                   "`accept` 确认"}),
      .statement = "SELECT * FROM load_rejects"};
}

/// What another program said to have read, by stream. Says nothing where there is none.
void check_imported(const WarehousePatient& patient, std::vector<Finding>& findings) {
  const Result<Rows> spans =
      rows_of(patient.connection,
              "SELECT platform, stream, COUNT(*), MIN(span_from), MAX(span_upto) FROM load_gaps "
              "WHERE kind='imported' GROUP BY platform, stream ORDER BY platform, stream");
  if (!spans) {
    findings.push_back(unread("gaps", spans.error()));
    return;
  }
  for (const std::vector<std::string>& row : *spans) {
    const std::string stream = printable(row[0] + " " + row[1]);
    const std::string from = to_the_second(row[3]), upto = to_the_second(row[4]);
    findings.push_back(
        {.check = "gaps",
         .verdict = Verdict::warning,
         .what = row[2] == "1"
                     ? say({"{}: {} to {} was taken over from another program at its word, and "
                            "never read",
                            "{}：{} 至 {} 接管自其他程序，未经核实，从未读取"},
                           stream, from, upto)
                     : say({"{}: between {} and {} {} times were taken over from another program "
                            "at its word, and never read",
                            "{}：{} 至 {} 之间有 {} 处接管自其他程序，未经核实，从未读取"},
                           stream, from, upto, row[2]),
         .mend = say({"`tidemark load {} --from '{}' --to '{}'` reads it",
                      "运行 `tidemark load {} --from '{}' --to '{}'` 读取"},
                     command_of(row[1]), from, upto)});
  }
}

/// Says nothing where there are none.
void check_gaps(const WarehousePatient& patient, std::vector<Finding>& findings) {
  const Result<Rows> gaps =
      rows_of(patient.connection,
              "SELECT platform, stream, COUNT(*) FROM load_gaps WHERE kind='disputed' AND "
              "accepted_at IS NULL GROUP BY platform, stream ORDER BY platform, stream");
  if (!gaps) {
    findings.push_back(unread("gaps", gaps.error()));
    return;
  }
  for (const std::vector<std::string>& row : *gaps)
    findings.push_back(
        {.check = "gaps",
         .verdict = Verdict::warning,
         .what = say({"{} {}: {} times could not be read whole", "{} {}：有 {} 处未能读全"},
                     printable(row[0]), printable(row[1]), row[2]),
         .mend =
             say({"`tidemark load gaps list` shows them; each incremental load reads them again, "
                  "and `accept` is for what is known and fine",
                  "见 `tidemark load gaps list`；每次增量加载都会重读，已知且无妨的用 `accept` "
                  "确认"})});
}

/// Says nothing where they are all there.
void check_views(const WarehousePatient& patient, std::vector<Finding>& findings) {
  std::string_view listed = "SELECT name FROM sqlite_master WHERE type='view'";
  if (patient.connection.dialect() == sql::Dialect::mysql)
    listed = "SELECT table_name FROM information_schema.views WHERE table_schema=DATABASE()";
  if (patient.connection.dialect() == sql::Dialect::postgres)
    listed = "SELECT viewname FROM pg_views WHERE schemaname=current_schema()";
  const Result<Rows> there = rows_of(patient.connection, listed);
  const Result<std::optional<std::string>> version = sql::query_value(
      patient.connection, "SELECT version FROM schema_version WHERE room='load.views'");
  if (!there || !version) {
    findings.push_back(run::unchecked("views", !there ? there.error() : version.error()));
    return;
  }
  std::string missing;
  for (const std::string_view view : view_names())
    if (std::ranges::find(*there, std::vector{std::string(view)}) == there->end())
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", view);
  if (missing.empty()) return;
  Finding finding{.check = "views",
                  .verdict = Verdict::warning,
                  .what = say({"not there: {}", "缺少：{}"}, missing),
                  .mend = say({"the next load makes them", "下次加载时会创建"})};
  if (parse_integer(version->value_or("0")).value_or(0) >=
      static_cast<std::int64_t>(views_version())) {
    finding.verdict = Verdict::failure;
    finding.mend = say({"they were made and are gone; this makes the next load make all views anew",
                        "曾经创建，现已不在；执行以下语句后，下次加载会重新创建全部视图"});
    finding.statement = "DELETE FROM schema_version WHERE room='load.views'";
  }
  findings.push_back(std::move(finding));
}

}  // namespace

std::vector<Finding> examine_loads(const WarehousePatient& patient) {
  std::vector<Finding> findings;
  const Result<sql::Table> gaps = patient.connection.describe(load_gaps_table().name);
  check_watermarks(patient, gaps.has_value(), findings);
  const bool older = !gaps && gaps.error().kind == ErrorKind::not_found;
  findings.push_back(check_rejects(patient, !older));
  check_views(patient, findings);
  if (older) return findings;
  check_gaps(patient, findings);
  check_imported(patient, findings);
  return findings;
}

}  // namespace tidemark::load
