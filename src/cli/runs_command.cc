#include "cli/runs_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/context.h"
#include "cli/list_limit.h"
#include "cli/recording.h"
#include "cli/wrap.h"
#include "run/figures.h"
#include "run/run_store.h"
#include "run/state_database.h"

namespace tidemark::cli {
namespace {

using run::RunRecord;
using run::RunStatus;

constexpr std::string_view listed_usual = "20";

/// The state database, with what the journal still holds.
Result<std::unique_ptr<sql::Connection>> open_records(const Context& context) {
  Result<run::LedgerOptions> options = ledger_options(context);
  if (!options) return fail(std::move(options));
  auto connection = run::open_state(options->state);
  if (!connection)
    return fail(std::move(connection)
                    .error()
                    .within({"state database {}", "状态库 {}"}, options->state.redacted()));
  run::RunStore store(**connection);
  if (Result<void> migrated = store.migrate(); !migrated) return fail(std::move(migrated).error());
  const auto replayed = run::Journal(options->journal).replay([&store](const RunRecord& record) {
    return store.save(record);
  });
  if (!replayed) return fail(replayed.error());
  return connection;
}

Wording words_for(RunStatus status) {
  switch (status) {
    case RunStatus::running:
      return {"running", "运行中"};
    case RunStatus::success:
      return {"success", "成功"};
    case RunStatus::partial:
      return {"partial", "部分成功"};
    case RunStatus::failed:
      return {"failed", "失败"};
    case RunStatus::cancelled:
      return {"cancelled", "已取消"};
    case RunStatus::stale:
      return {"stale", "失联"};
  }
  return {};
}

/// What is shown of a record at one moment, on this host.
class Viewer {
 public:
  explicit Viewer(const Context& context)
      : context_(context), now_(context.world.clock.wall()), host_(run::this_process().host) {}

  RunStatus status(const RunRecord& record) const { return run::shown_status(record, now_, host_); }
  /// Until the end, until now, or until the last sign of life.
  std::chrono::milliseconds duration(const RunRecord& record) const {
    const WallTime until = record.ended_at                        ? *record.ended_at
                           : status(record) == RunStatus::running ? now_
                                                                  : record.heartbeat_at;
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::max(until - record.started_at, std::chrono::microseconds{0}));
  }
  std::string duration_text(const RunRecord& record) const {
    return run::duration_text(duration(record), context_.language);
  }
  std::string_view status_text(const RunRecord& record) const {
    return words_for(status(record)).in(context_.language);
  }
  nlohmann::ordered_json json(const RunRecord& record) const {
    auto line = nlohmann::ordered_json::parse(run::to_json(record));
    line["status"] = name(status(record));
    line["duration_seconds"] = static_cast<double>(duration(record).count()) / 1000;
    return line;
  }

 private:
  const Context& context_;
  const WallTime now_;
  const std::string host_;
};

using TableRow = std::array<std::string, 6>;

/// Columns as wide as their widest cell; the last one as it is.
std::string table_text(const std::vector<TableRow>& rows) {
  std::array<std::size_t, std::tuple_size_v<TableRow>> widths{};
  for (const TableRow& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths.at(i) = std::max(widths.at(i), display_width(row.at(i)));
  std::string text;
  for (const TableRow& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) text += pad(row.at(i), widths.at(i)) + "  ";
    text += row.back() + "\n";
  }
  return text;
}

Result<ExitCode> list(Context& context) {
  const Result<std::int64_t> count = given_limit(context, listed_usual);
  if (!count) return fail(count.error());
  const auto connection = open_records(context);
  if (!connection) return fail(connection.error());
  const auto records = run::RunStore(**connection).list(*count);
  if (!records) return fail(records.error());

  const Viewer viewer(context);
  if (context.json) {
    for (const RunRecord& record : *records) context.world.out.json(viewer.json(record));
    return ExitCode::done;
  }
  if (records->empty()) {
    context.print(say({"nothing has run yet", "尚无运行记录"}));
    return ExitCode::done;
  }
  const auto word = [&context](Wording wording) {
    return std::string(wording.in(context.language));
  };
  std::vector<TableRow> rows = {{"ID", word({"JOB", "任务"}), word({"STARTED (UTC)", "开始 (UTC)"}),
                                 word({"TOOK", "耗时"}), word({"STATUS", "状态"}),
                                 word({"EXIT", "退出码"})}};
  for (const RunRecord& record : *records)
    rows.push_back({record.id, record.job, run::stamp_text(record.started_at).substr(0, 19),
                    viewer.duration_text(record), std::string(viewer.status_text(record)),
                    record.exit_code ? fmt::format("{}", *record.exit_code) : "-"});
  context.world.out.write(table_text(rows));
  return ExitCode::done;
}

Result<ExitCode> show(Context& context) {
  const auto connection = open_records(context);
  if (!connection) return fail(connection.error());
  const auto record =
      run::RunStore(**connection).find(context.arguments.positional("ID").value_or(""));
  if (!record) return fail(record.error());

  const Viewer viewer(context);
  if (context.json) {
    context.world.out.json(viewer.json(*record));
    return ExitCode::done;
  }
  const auto field = [&context](Wording label, std::string_view value) {
    if (!value.empty())
      context.world.out.line(fmt::format("{}{}", pad(label.in(context.language), 12), value));
  };
  field({"id", "ID"}, record->id);
  field({"job", "任务"}, record->job);
  field({"status", "状态"}, viewer.status_text(*record));
  field({"started", "开始"}, run::stamp_text(record->started_at));
  field({"heartbeat", "心跳"}, run::stamp_text(record->heartbeat_at));
  if (record->ended_at) field({"ended", "结束"}, run::stamp_text(*record->ended_at));
  field({"took", "耗时"}, viewer.duration_text(*record));
  if (record->exit_code) field({"exit code", "退出码"}, fmt::format("{}", *record->exit_code));
  field({"process", "进程"}, fmt::format("{} @ {}", record->process.pid, record->process.host));
  field({"command", "命令"}, record->command);
  field({"error", "错误"}, record->error);
  const auto counts = nlohmann::ordered_json::parse(record->counts, nullptr, false);
  for (const auto& [key, value] : counts.items())
    context.world.out.line(fmt::format("  {} {}", pad(key, 20), value.dump()));
  return ExitCode::done;
}

}  // namespace

Command runs_command() {
  return {
      .name = "runs",
      .summary = {"What ran, when, and how it ended", "运行记录：何时运行、结果如何"},
      .children =
          {{.name = "list",
            .summary = {"List runs, the newest first", "列出运行记录，最新的在前"},
            .about = {"A run whose process is gone, or which has given no sign of life for five "
                      "minutes on another host, is shown as stale.",
                      "进程已不存在，或在其他主机上超过五分钟没有心跳的运行，显示为“失联”。"},
            .flags = {limit_flag(listed_usual)},
            .examples = {{"tidemark runs list --json --limit 1",
                          {"The last run, for a script", "供脚本读取最近一次运行"}}},
            .run = list},
           {.name = "show",
            .summary = {"Show one run with its counts and its error", "显示一次运行的计数和错误"},
            .positionals = {{.name = "ID",
                             .text = {"Its id, or the beginning of it", "运行 ID 或其开头部分"}}},
            .examples = {{"tidemark runs show 01JE7",
                          {"The beginning of an id is enough", "ID 开头几位即可"}}},
            .run = show}},
  };
}

}  // namespace tidemark::cli
