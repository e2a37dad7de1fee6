#include "cli/load_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/load_settings.h"
#include "cli/recording.h"
#include "load/load_lock.h"
#include "run/progress.h"

namespace tidemark::cli {
namespace {

run::ProgressSnapshot snapshot_of(const load::LoadProgress& progress) {
  return {.records_done = progress.rows,
          .groups_done = progress.windows,
          .groups_total = progress.windows_total,
          .errors = progress.errors};
}

std::string counts_of(const load::LoadProgress& progress) {
  return nlohmann::ordered_json{{"rows_read", progress.rows.load()},
                                {"windows_finished", progress.windows.load()}}
      .dump();
}

/// What must not run twice at a time: `xiaoe orders rescan 86400`. What is asked for is a part of
/// it: the re-scan of 90 days does not keep that of one day from running. nullopt: it may run
/// beside itself.
std::optional<std::string> exclusive_work(const LoadWork& work) {
  const load::LoadOptions& options = work.options;
  if (options.dry_run || options.mode == load::LoadMode::picked) return std::nullopt;
  std::string text = fmt::format("{} {} {}", work.tables.platform(), load::name(work.tables.kind()),
                                 load::name(options.mode));
  if (options.mode == load::LoadMode::rescan) text += fmt::format(" {}", options.rescan.count());
  if (options.mode == load::LoadMode::range)
    text += fmt::format(" {} {}", options.range.from.text(), options.range.upto.text());
  return text;
}

Result<std::optional<load::LoadLock>> lock_of(const LoadWork& work,
                                              const load::ConnectWarehouse& connect) {
  const std::optional<std::string> exclusive = exclusive_work(work);
  if (!exclusive) return std::nullopt;
  Result<std::unique_ptr<sql::Connection>> connection = connect();
  if (!connection) return fail(std::move(connection).error());
  Result<load::LoadLock> lock = load::LoadLock::acquire(std::move(*connection), *exclusive);
  if (!lock) return fail(std::move(lock).error());
  return std::optional<load::LoadLock>(std::move(*lock));
}

run::RunEnd end_of(const load::LoadSummary& summary, ExitCode code) {
  return {.status = run_status(code),
          .counts = load::counts_json(summary),
          .error = code == ExitCode::done ? std::string() : summary.trouble(),
          .exit_code = static_cast<int>(code)};
}

Result<load::LoadSummary> load_recorded(Context& context, load::LoadRun& loading,
                                        const std::optional<std::string>& recorded_as) {
  std::optional<RecordedRun> recorded;
  if (recorded_as)
    recorded.emplace(context, *recorded_as, [&loading] { return counts_of(loading.progress()); });
  run::ProgressDisplay display(progress_options(context), context.world.clock,
                               [&loading] { return snapshot_of(loading.progress()); });
  Result<load::LoadSummary> summary = loading.run();
  display.finish();
  if (recorded)
    recorded->finish(summary ? end_of(*summary, summary->exit_code(context.world.stop))
                             : failed_end(context, summary.error()));
  return summary;
}

void show(const Context& context, const load::LoadSummary& summary, ExitCode code,
          const std::string& command) {
  if (!context.json) {
    context.world.out.write(load::summary_text(summary, context.language, context.command_line));
    return;
  }
  for (const Error& error : summary.errors)
    context.world.out.json({{"message_type", "error"},
                            {"kind", tidemark::name(error.kind)},
                            {"message", error.what.en},
                            {"hint", error.hint.en}});
  context.world.out.line(load::summary_json(summary, code, command));
}

std::vector<Flag> window_flags(const StreamLoad& loading) {
  using enum FlagKind;
  const bool changed = loading.stream == load::StreamKind::aftersales;
  const bool full = loading.usual == load::LoadMode::full;
  return {
      {.names = "--from",
       .kind = value,
       .placeholder = "DATE",
       .text = changed
                   ? Wording{"Changed from this day or time on (UTC+8)", "更新时间的起点（UTC+8）"}
                   : Wording{"Created from this day or time on (UTC+8)",
                             "创建（下单）时间的起点（UTC+8）"}},
      {.names = "--to",
       .kind = value,
       .placeholder = "DATE",
       .text = {"… up to this one, included", "终点（含）"}},
      {.names = "-i,--incremental",
       .text =
           changed ? Wording{"What was changed since the watermark (the usual case)",
                             "读取水位之后有更新的记录（默认）"}
           : full ? Wording{"Only what was created since the watermark", "只读取水位之后创建的记录"}
                  : Wording{"What was created since the watermark (the usual case)",
                            "读取水位之后创建的记录（默认）"}},
      {.names = "--rescan",
       .kind = value,
       .placeholder = "DURATION",
       .text = {"Read what is so young again, for refunds and other changes: 15d",
                "重扫最近一段时间的记录，以发现退款等变化：15d"}},
      {.names = "--restart",
       .text = {"Read windows again that an interrupted try of the same has finished",
                "重读此前中断的同一任务已完成的窗口"}},
  };
}

}  // namespace

std::vector<Flag> stream_flags(const StreamLoad& loading) {
  std::vector<Flag> flags = shop_flags();
  flags.push_back(warehouse_flag());
  if (loading.windows) {
    std::vector<Flag> windows = window_flags(loading);
    flags.insert(flags.end(), windows.begin(), windows.end());
  }
  flags.push_back(
      {.names = "-d,--dry-run",
       .text = {"Read and compare; write nothing at all", "试运行：读取并比对，不写入任何内容"}});
  return flags;
}

Result<ExitCode> run_load(Context& context, const LoadWork& work) {
  const World& world = context.world;
  const bool dry_run = work.options.dry_run;
  Result<load::ConnectWarehouse> connect =
      warehouse(context, dry_run ? WarehouseUse::read : WarehouseUse::fill);
  if (!connect) return fail(std::move(connect).error());
  const Result<std::optional<load::LoadLock>> lock = lock_of(work, *connect);
  if (!lock) return fail(lock.error());
  load::LoadRun loading({.extractor = work.extractor,
                         .tables = work.tables,
                         .connect = std::move(*connect),
                         .clock = world.clock,
                         .random = world.random,
                         .stop = world.stop,
                         .pause = work.pause},
                        work.options);
  Result<load::LoadSummary> summary =
      load_recorded(context, loading, dry_run ? std::nullopt : std::optional(work.name));
  if (!summary) return fail(std::move(summary).error());
  if (work.columns) summary->columns = work.columns();
  const ExitCode code = summary->exit_code(world.stop);
  show(context, *summary, code, work.name);
  return code;
}

Result<ExitCode> load_stream(Context& context, const StreamLoad& loading) {
  const World& world = context.world;
  Result<load::LoadOptions> options = load_options(context, loading.usual, loading.windows);
  if (!options) return fail(std::move(options).error());
  if (!loading.ids.empty()) options->mode = load::LoadMode::picked;
  const Result<ChosenShop> shop = chosen_shop(context);
  if (!shop) return fail(shop.error());
  const load::Platform& platform = shop->platform;
  if (std::ranges::find(platform.streams(), loading.stream) == platform.streams().end())
    return fail(ErrorKind::usage, {"{} offers no {}", "{} 不提供{}"}, platform.name(),
                load::title(loading.stream).in(context.language));
  StoppablePause pause(world.stop);
  const load::Surroundings surroundings{
      .clock = world.clock, .random = world.random, .pause = pause, .stop = world.stop};
  const Result<std::unique_ptr<load::Extractor>> extractor =
      platform.extractor(loading.stream, shop->settings, surroundings, loading.ids);
  if (!extractor) return fail(extractor.error());
  const std::unique_ptr<load::StreamTables> tables =
      platform.tables(loading.stream, shop->settings);
  return run_load(context, {.extractor = **extractor,
                            .tables = *tables,
                            .pause = pause,
                            .options = *options,
                            .name = "load " + std::string(load::name(loading.stream))});
}

}  // namespace tidemark::cli
