#include "cli/load_rederive.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/pause.h"
#include "cli/context.h"
#include "cli/load_settings.h"
#include "cli/recording.h"
#include "load/file/platform.h"
#include "load/load_summary.h"
#include "load/platforms.h"
#include "load/rederive.h"
#include "load/schema.h"
#include "run/figures.h"
#include "run/progress.h"
#include "sql/rows.h"

namespace tidemark::cli {
namespace {

/// What became of each stream, in the order in which they were derived.
using Derived = std::vector<std::pair<load::StreamKind, load::RederiveSummary>>;

/// A stream of several platforms is told as one.
void add(Derived& derived, load::StreamKind stream, load::RederiveSummary summary) {
  const auto found = std::ranges::find(derived, stream, [](const auto& one) { return one.first; });
  if (found == derived.end()) {
    derived.emplace_back(stream, std::move(summary));
    return;
  }
  found->second.add(summary);
}

nlohmann::ordered_json counts_of(const Derived& derived) {
  nlohmann::ordered_json counts;
  std::uint64_t records = 0, histories = 0, rejected = 0, accepted = 0;
  for (const auto& [stream, summary] : derived) {
    records += summary.records;
    histories += summary.histories;
    rejected += summary.rejected;
    accepted += summary.accepted;
    const std::string table(load::table_name(stream));
    counts[table + "_new"] = summary.inserted;
    counts[table + "_changed"] = summary.changed;
    counts[table + "_unchanged"] = summary.unchanged;
  }
  counts["records"] = records;
  counts["histories_changed"] = histories;
  counts["rows_rejected"] = rejected;
  counts["rejects_accepted"] = accepted;
  return counts;
}

bool stopped(const Derived& derived) {
  return std::ranges::any_of(derived, [](const auto& one) { return one.second.stopped; });
}

ExitCode code_of(const Context& context, const Derived& derived) {
  if (stopped(derived)) return exit_code_for(context.world.stop);
  const bool rejected =
      std::ranges::any_of(derived, [](const auto& one) { return one.second.rejected > 0; });
  return rejected ? ExitCode::partial : ExitCode::done;
}

void show(const Context& context, const Derived& derived, bool dry_run, ExitCode code) {
  if (context.json) {
    nlohmann::ordered_json line = {{"message_type", "summary"},
                                   {"command", "load rederive"},
                                   {"dry_run", dry_run},
                                   {"stopped", stopped(derived)}};
    line.update(counts_of(derived));
    line["exit_code"] = static_cast<int>(code);
    context.world.out.json(line);
    return;
  }
  if (dry_run) context.print(say({"dry run: nothing was written", "试运行：未写入任何内容"}));
  for (const auto& [stream, summary] : derived) {
    context.print(say({"{}: {} records: {} new, {} changed, {} unchanged; {} histories changed; {} "
                       "cannot be stored",
                       "{}：共 {} 条记录：新增 {}，变化 {}，未变 {}；历史变化 {}；无法保存 {}"},
                      load::table_name(stream), run::count_text(summary.records),
                      run::count_text(summary.inserted), run::count_text(summary.changed),
                      run::count_text(summary.unchanged), run::count_text(summary.histories),
                      run::count_text(summary.rejected)));
    for (const auto& [field, unknown] : summary.unknown_codes.fields()) {
      for (const auto& [written, times] : unknown.codes)
        context.print(written.empty() ? say({"not told: {0}", "未说明：{1}"},
                                            load::untold(field).en, load::untold(field).zh)
                                      : say({"unknown code: {} = {} has no text and stays as it is",
                                             "未知代码：{} = {} 没有对应文本，保留原始代码"},
                                            field, written));
      if (unknown.more > 0)
        context.print(
            say({"unknown code: {}: others as well", "未知代码：{}：还有其他代码"}, field));
    }
  }
  if (stopped(derived))
    context.print(say({"stopped; this goes over all of it again: {}", "已中止；重新处理全部：{}"},
                      printable(context.command_line)));
}

/// The streams that were named, or all. Errors: usage.
Result<std::vector<load::StreamKind>> streams_of(const Context& context) {
  std::vector<load::StreamKind> streams;
  for (const std::string& word : context.arguments.values("STREAM")) {
    const Result<load::StreamKind> stream = named_stream(word);
    if (!stream) return fail(stream.error());
    streams.push_back(*stream);
  }
  if (streams.empty()) streams.assign(load::all_streams.begin(), load::all_streams.end());
  return streams;
}

/// Names under which files were loaded: those in the warehouse that no platform goes by.
Result<std::vector<std::string>> file_platforms(const load::ConnectWarehouse& connect) {
  std::vector<std::string> names;
  const Result<std::unique_ptr<sql::Connection>> connection = connect();
  if (!connection) return fail(connection.error());
  const std::string table(load::load_streams_table().name);
  if (const Result<sql::Table> known = (*connection)->describe(table); !known) {
    if (known.error().kind == ErrorKind::not_found) return names;
    return fail(known.error());
  }
  Result<void> read = sql::each_row(
      (*connection)->query("SELECT DISTINCT platform FROM " + table + " ORDER BY platform"),
      [&](const sql::Cursor& row) -> Result<void> {
        const std::string name(row.at(0).value_or(""));
        if (load::platform_named(name) == nullptr) names.push_back(name);
        return {};
      });
  if (!read) return fail(std::move(read).error());
  return names;
}

Result<Derived> derive(const Context& context, const load::ConnectWarehouse& connect,
                       const std::vector<load::StreamKind>& streams, bool dry_run,
                       std::atomic<std::uint64_t>& records) {
  Derived derived;
  StoppablePause pause(context.world.stop);
  const auto one = [&](const load::StreamTables& tables) -> Result<void> {
    load::Rederive rederive(connect, tables, context.world.clock, context.world.stop, pause,
                            records);
    Result<load::RederiveSummary> summary = rederive.run(dry_run);
    if (!summary) return fail(std::move(summary).error());
    add(derived, tables.kind(), std::move(*summary));
    return {};
  };
  for (const load::Platform* platform : load::platforms())
    for (const load::StreamKind stream : platform->streams()) {
      if (std::ranges::find(streams, stream) == streams.end()) continue;
      const std::unique_ptr<load::StreamTables> tables = platform->tables(stream, context.settings);
      if (Result<void> done = one(*tables); !done) return fail(std::move(done).error());
      if (stopped(derived)) return derived;
    }
  if (std::ranges::find(streams, load::StreamKind::orders) == streams.end()) return derived;
  const Result<std::vector<std::string>> names = file_platforms(connect);
  if (!names) return fail(names.error());
  for (const std::string& name : *names) {
    if (Result<void> done = one(*load::file::order_tables(name, context.settings)); !done)
      return fail(std::move(done).error());
    if (stopped(derived)) return derived;
  }
  return derived;
}

Result<ExitCode> run(Context& context) {
  const bool dry_run = context.arguments.has("--dry-run");
  const Result<std::vector<load::StreamKind>> streams = streams_of(context);
  if (!streams) return fail(streams.error());
  Result<load::ConnectWarehouse> connect =
      warehouse(context, dry_run ? WarehouseUse::read : WarehouseUse::change);
  if (!connect) return fail(std::move(connect).error());
  std::atomic<std::uint64_t> records{0};
  std::optional<RecordedRun> recorded;
  if (!dry_run)
    recorded.emplace(context, "load rederive", [&records] {
      return nlohmann::ordered_json{{"records", records.load()}}.dump();
    });
  run::ProgressDisplay display(progress_options(context), context.world.clock, [&records] {
    return run::ProgressSnapshot{.records_done = records};
  });
  const Result<Derived> derived = derive(context, *connect, *streams, dry_run, records);
  display.finish();
  if (!derived) {
    if (recorded) recorded->finish(failed_end(context, derived.error()));
    return fail(derived.error());
  }
  const ExitCode code = code_of(context, *derived);
  if (recorded)
    recorded->finish({.status = run_status(code),
                      .counts = counts_of(*derived).dump(),
                      .exit_code = static_cast<int>(code)});
  show(context, *derived, dry_run, code);
  return code;
}

}  // namespace

Command load_rederive_command() {
  return {
      .name = "rederive",
      .summary = {"Make the business tables anew from the raw layer", "由原始数据重新生成业务表"},
      .about =
          {"After a unit, a text or a rule was corrected, or other texts were chosen. The shop is "
           "not asked. Rows that are right already are not touched.",
           "在更正单位、文本或规则，或改用另一套文本之后使用。不会访问店铺；已经正确的行不会被改动"
           "。"},
      .flags =
          {
              warehouse_flag(),
              {.names = "--texts", .kind = FlagKind::value, .key = "load.texts"},
              {.names = "-d,--dry-run",
               .text = {"Say how many rows would change; write nothing",
                        "试运行：说明有多少行会变化，不写入任何内容"}},
          },
      .positionals = {{.name = "STREAM",
                       .required = false,
                       .repeated = true,
                       .text = {"orders, aftersales, users, products, live; without one, all",
                                "orders、aftersales、users、products、live；不给出则为全部"}}},
      .examples = {{"tidemark load rederive --texts official",
                    {"With the texts of the official page", "改用官方页面的文本"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
