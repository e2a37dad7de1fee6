#include "cli/export_invoices.h"

#include <fmt/ranges.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/log.h"
#include "base/nearest.h"
#include "cli/doctor_command.h"
#include "cli/export_settings.h"
#include "cli/recording.h"
#include "export/export_run.h"
#include "export/state_directory.h"
#include "export/tree_index.h"

namespace tidemark::cli {
namespace {

run::ProgressSnapshot snapshot_of(const exporter::ExportProgress& progress) {
  return {.records_done = progress.rows,
          .records_total = progress.rows_expected,
          .groups_done = progress.tenants_ended,
          .groups_total = progress.tenants_total,
          .groups_seen = progress.tenants_total ? 0 : progress.groups,
          .bytes = progress.bytes,
          .running = progress.running};
}

/// Better refused now than after an hour of reading.
Result<void> can_agree_to_remove(const Context& context, const exporter::ExportOptions& options) {
  if (!options.prune || options.dry_run || context.arguments.has("--yes") || context.can_ask()) {
    return {};
  }
  return fail(make_error(ErrorKind::usage,
                         {"{} removes files, and nobody can be asked here",
                          "{} 会移除文件，而此处无法询问"},
                         options.sweep ? "--apply" : "--prune")
                  .with_hint({"add --yes to agree", "如同意请加 --yes"}));
}

bool may_prune(const Context& context, const exporter::ExportSummary& summary) {
  // Who is asked has to see what it is about, however quiet the run.
  const bool asks = context.can_ask() && !context.arguments.has("--yes");
  const LogLevel level = asks ? LogLevel::warning : LogLevel::info;
  for (const exporter::GoneRow& gone : summary.gone_examples) log_line(level, gone.path);
  for (const std::string& path : summary.unknown_examples) log_line(level, path);
  if (summary.options.dry_run) return true;
  const Result<bool> answer = context.confirm(
      summary.files_unknown == 0
          ? say({"{0} {1} deleted or voided at the source. Remove {2}?",
                 "源端有 {0} 行已删除或作废。是否移除对应文件？"},
                summary.rows_gone, plural(summary.rows_gone, "row is", "rows are"),
                plural(summary.rows_gone, "its file", "their files"))
          : say({"{0} {2} deleted or voided at the source, and {1} {3} to no row. Remove these "
                 "files?",
                 "源端有 {0} 行已删除或作废，另有 {1} 个文件不属于任何行。是否移除这些文件？"},
                summary.rows_gone, summary.files_unknown,
                plural(summary.rows_gone, "row is", "rows are"),
                plural(summary.files_unknown, "file belongs", "files belong")));
  if (!answer) {
    log_line(LogLevel::warning, answer.error().what.in(context.language));
    return false;
  }
  return *answer;
}

/// Where the source itself said nothing more than no.
Error with_next_step(Error error) {
  if (!error.hint.empty()) return error;
  if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout) {
    return std::move(error).with_hint(
        {"is the server running, and are host and port right? 'tidemark doctor' examines it; the "
         "next run goes on where this one could not begin",
         "请确认服务器在运行、主机和端口正确；可用“tidemark doctor”检查；下次运行会继续"});
  }
  if (error.kind == ErrorKind::unauthorized) {
    return std::move(error).with_hint(
        {"are user and password right (TIDEMARK_SOURCE_PASSWORD_FILE, DB_PASSWORD)? "
         "'tidemark doctor' says which grants are missing",
         "请检查账号和密码（TIDEMARK_SOURCE_PASSWORD_FILE、DB_PASSWORD）；“tidemark doctor” "
         "会指出缺少的权限"});
  }
  return error;
}

/// The run under way, for the ledger's thread to look on.
class Watched {
 public:
  void set(const exporter::ExportRun* run) {
    const std::lock_guard lock(mutex_);
    run_ = run;
  }
  [[nodiscard]] std::string counts() const {
    const std::lock_guard lock(mutex_);
    if (run_ == nullptr) return "{}";
    const exporter::ExportProgress progress = run_->progress();
    return nlohmann::ordered_json{{"rows_read", progress.rows}, {"groups_total", progress.groups}}
        .dump();
  }

 private:
  mutable std::mutex mutex_;
  const exporter::ExportRun* run_ = nullptr;
};

/// What a sweep found that only another command puts right.
std::optional<Error> found_by_sweep(const exporter::ExportSummary& summary) {
  if (summary.unrepaired() == 0) return std::nullopt;
  return make_error(ErrorKind::rejected,
                    {"the sweep found {0} {1} that no run puts right by itself",
                     "巡检发现 {0} 处后续运行不会自行修复的差异"},
                    summary.unrepaired(),
                    plural(summary.unrepaired(), "row or file", "rows or files"))
      .with_hint({"tidemark export sweep --apply repairs them",
                  "可用 tidemark export sweep --apply 修复"});
}

std::string error_of(const exporter::ExportSummary& summary) {
  if (!summary.errors.empty()) return summary.errors.front().what.en;
  const std::optional<Error> found = found_by_sweep(summary);
  return found ? found->what.en : "";
}

void tell(Context& context, const Error& error) {
  context.world.out.json({{"message_type", "error"},
                          {"kind", tidemark::name(error.kind)},
                          {"message", error.what.en},
                          {"hint", error.hint.en}});
}

}  // namespace

run::RunEnd end_of(const exporter::ExportSummary& summary) {
  nlohmann::ordered_json counts{{"groups_total", summary.groups_total},
                                {"groups_failed", summary.groups_failed},
                                {"rows_read", summary.rows_read},
                                {"files_written", summary.files_written},
                                {"files_unchanged", summary.files_unchanged},
                                {"files_removed", summary.files_removed},
                                {"files_failed", summary.files_failed},
                                {"rejected", summary.rejected},
                                {"bytes_written", summary.bytes_written}};
  if (summary.options.sweep) {
    counts["findings"] = exporter::findings_json(summary.findings);
    counts["rows_gone"] = summary.rows_gone;
    counts["files_unknown"] = summary.files_unknown;
  }
  const ExitCode code = summary.exit_code();
  return {.status = run_status(code),
          .counts = counts.dump(),
          .error = error_of(summary),
          .exit_code = static_cast<int>(code)};
}

namespace {

Message damage_note(const Error& damage, const exporter::ExportOptions& options) {
  const std::string index =
      exporter::TreeIndex::path_in(exporter::state_directory_of(options.output));
  Message note = options.dry_run ? say({"a run will put the index aside as {}.damaged and build it "
                                        "anew: ",
                                        "正式运行会将索引移到 {}.damaged 并重建："},
                                       index)
                                 : say({"the index was put aside as {}.damaged and built anew: ",
                                        "索引已移到 {}.damaged 并重建："},
                                       index);
  note.en += damage.what.en;
  note.zh += damage.what.zh;
  return note;
}

/// A damaged index is put aside, or passed over by a dry run: one more attempt is all it takes.
Result<exporter::ExportSummary> run_with_rebuild(exporter::ExportRun::Environment environment,
                                                 const exporter::TableSpec& spec,
                                                 const exporter::ExportOptions& options,
                                                 const run::ProgressOptions& progress,
                                                 Watched& watched) {
  std::optional<run::ProgressDisplay> display;
  environment.confirm_prune = [&display, ask = std::move(environment.confirm_prune)](
                                  const exporter::ExportSummary& summary) {
    display->pause();
    const bool agreed = ask(summary);
    display->resume();
    return agreed;
  };
  for (std::optional<Error> damage;;) {
    exporter::ExportRun run(environment, spec, options);
    display.emplace(progress, environment.clock, [&run] { return snapshot_of(run.progress()); });
    watched.set(&run);
    Result<exporter::ExportSummary> summary = run.run();
    watched.set(nullptr);
    display.reset();
    if (summary && damage) {
      summary->notes.insert(summary->notes.begin(), damage_note(*damage, options));
    }
    if (summary || damage || !run.index_is_damaged()) return summary;
    damage = summary.error();
    log_line(LogLevel::warning, summary.error().what.en);
    environment.without_index = options.dry_run;
    if (options.dry_run) continue;
    if (Result<void> aside = run.put_index_aside(); !aside) return fail(std::move(aside.error()));
  }
}

Result<ExitCode> run_invoices(Context& context) { return run_export(context, "invoices"); }

Error no_such_export(const Context& context, const std::string& name) {
  const config::TableNames& exports = context.settings.exports();
  Error error =
      make_error(ErrorKind::usage, {"there is no export '{}'", "没有名为“{}”的导出"}, name);
  std::vector<std::string_view> known(exports.begin(), exports.end());
  for (const Command& group : context.program.children)
    if (group.name == "export")
      for (const Command& command : group.children) known.push_back(command.name);
  if (const std::string_view meant = nearest(name, known); !meant.empty())
    return std::move(error).with_hint(
        {"did you mean '{}'? The configuration has: {}", "是否想用“{}”？配置中有：{}"}, meant,
        fmt::join(exports, ", "));
  return std::move(error).with_hint({"the configuration has: {0}; [export.{1}] would add it",
                                     "配置中有：{0}；可用 [export.{1}] 增加"},
                                    fmt::join(exports, ", "), name);
}

Result<ExitCode> run_named(Context& context) {
  const std::string name = context.name.substr(context.name.rfind(' ') + 1);
  if (!context.settings.exports().contains(name)) return fail(no_such_export(context, name));
  return run_export(context, name);
}

}  // namespace

Result<ExitCode> run_export(Context& context, const std::string& name, SummaryText text) {
  if (context.arguments.has("--create-index")) {
    const bool dry_run = context.arguments.has("--dry-run");
    if (Result<void> made = create_index(context, name, dry_run); !made) return fail(made.error());
  }
  Result<exporter::ExportOptions> options = export_options(context, name);
  if (!options) return fail(std::move(options.error()));
  return run_export(context, name, *options, text);
}

Result<ExitCode> run_export(Context& context, const std::string& name,
                            const exporter::ExportOptions& options, SummaryText text) {
  if (Result<void> agreed = can_agree_to_remove(context, options); !agreed) {
    return fail(std::move(agreed.error()));
  }
  Result<ExportSource> source = export_database(context, name);
  if (!source) return fail(std::move(source.error()));

  const exporter::ExportRun::Environment environment{
      .connect = source->connect,
      .clock = context.world.clock,
      .stop = context.world.stop,
      .source = source->url.identity(),
      .confirm_prune = [&context](const exporter::ExportSummary& summary) {
        return may_prune(context, summary);
      }};
  Watched watched;
  // A dry run writes nothing, not even that it was. A sweep that only reports is no dry run for its
  // reader: what it found has to be seen where runs are looked at.
  std::optional<RecordedRun> recorded;
  if (!options.dry_run || options.sweep) {
    const std::string job = options.sweep ? "export sweep " : "export ";
    recorded.emplace(context, job + name, [&watched] { return watched.counts(); });
  }
  Result<exporter::ExportSummary> summary =
      run_with_rebuild(environment, export_table(context.settings, name), options,
                       progress_options(context), watched);
  if (recorded) recorded->finish(summary ? end_of(*summary) : failed_end(context, summary.error()));
  if (!summary) return fail(with_next_step(std::move(summary.error())));

  if (context.json) {
    for (const Error& error : summary->errors) tell(context, error);
    if (const std::optional<Error> found = found_by_sweep(*summary)) tell(context, *found);
    context.world.out.line(exporter::summary_json(*summary, context.command_line));
  } else {
    context.world.out.write(text(*summary, context.language, context.command_line));
  }
  return summary->exit_code();
}

Flag confirm_source_flag() {
  return {
      .names = "--confirm-source",
      .text = {"The source has another address than before, or the export other columns, status "
               "or name, and that is right: rows that are missing there count as gone",
               "确认数据源地址，或导出的列、状态、名称确已改变：其中缺失的行视为已删除"}};
}

std::vector<Flag> export_flags() {
  using enum FlagKind;
  return {
      {.names = "--source", .kind = value, .key = "export.*.source", .placeholder = "URL"},
      {.names = "-o,--output-dir", .kind = value, .key = "export.*.output", .placeholder = "DIR"},
      {.names = "-t,--threads", .kind = value, .key = "export.*.threads", .placeholder = "N"},
      {.names = "-c,--compress",
       .kind = optional_value,
       .key = "export.*.compress",
       .bare = "gzip"},
      {.names = "--compress-level",
       .kind = value,
       .key = "export.*.compress_level",
       .placeholder = "N"},
      {.names = "-i,--incremental",
       .text = {"Only what changed since the last incremental run",
                "增量：仅导出上次增量运行以来的变化"}},
      {.names = "-d,--dry-run",
       .text = {"Say exactly what a run would do; write nothing at all",
                "试运行：准确说明将做什么，但不写入任何内容"}},
      {.names = "-l,--limit",
       .kind = value,
       .placeholder = "N",
       .text = {"Only the first N groups (tenant × country); watermarks stay",
                "仅前 N 个分组（租户 × 国家）；水位不变"}},
      {.names = "--tenant",
       .kind = repeated,
       .placeholder = "ID",
       .text = {"Only this tenant", "仅此租户"}},
      {.names = "--country",
       .kind = repeated,
       .placeholder = "CC",
       .text = {"Only this country; watermarks stay", "仅此国家；水位不变"}},
      {.names = "--layout", .kind = value, .key = "export.*.layout"},
      {.names = "--margin", .kind = value, .key = "export.*.margin", .placeholder = "DURATION"},
      {.names = "--fence", .kind = value, .key = "export.*.fence"},
      {.names = "--zone", .kind = value, .key = "export.*.zone", .placeholder = "ZONE"},
      {.names = "--confirm-zone",
       .text = {"The zone of the update time changed, and that is right",
                "确认更新时间列的时区确已改变"}},
      confirm_source_flag(),
      {.names = "--require-field",
       .kind = repeated,
       .key = "export.*.require_fields",
       .placeholder = "NAME"},
      {.names = "--create-index",
       .text = {"First make the index that incremental runs want, if it is missing; asks",
                "先创建增量导出所需的索引（如缺少；会询问）"}},
      {.names = "--prune", .key = "export.*.prune"},
  };
}

Command export_invoices_command() {
  return {
      .name = "invoices",
      .summary = {"Export invoices, one JSON file each", "导出发票，每张一个 JSON 文件"},
      .about = {"Files go to DIR/{tenant}/{country}/{yyyymmdd}+{invoice_no}.json and hold the "
                "stored JSON byte for byte. A file appears whole or not at all; what did not "
                "change is not rewritten. The watermark of a tenant moves only when all its rows "
                "are in the tree.",
                "文件写入 DIR/{租户}/{国家}/{yyyymmdd}+{发票号}.json，内容与库中 JSON "
                "逐字节一致。文件要么完整出现，要么不出现；没有变化的文件不会重写。"
                "只有当一个租户的所有行都已写入后，它的水位才会前移。"},
      .flags = export_flags(),
      .examples = {{"tidemark export invoices --source mysql://reader@db/finance",
                    {"Everything", "全量导出"}},
                   {"tidemark export invoices --incremental",
                    {"What changed; for cron, every ten minutes",
                     "增量导出；适合 cron 每十分钟一次"}},
                   {"tidemark export invoices -i --tenant 42 --dry-run",
                    {"What would happen for one tenant", "预览单个租户"}}},
      .table = "invoices",
      .run = run_invoices,
      .summarises = true,
  };
}

Command export_named_command() {
  return {
      .name = "NAME",
      .summary = {"Any further table that the configuration names in [export.NAME]",
                  "配置中 [export.NAME] 所定义的其他表"},
      .about =
          {"With [export.receipts] in the configuration, `tidemark export receipts` works as "
           "`tidemark export invoices` does, on the table, columns and folder given there.",
           "若配置中有 [export.receipts]，则 tidemark export receipts 的用法与 tidemark export "
           "invoices 相同，表、列和目录取自该处。"},
      .flags = export_flags(),
      .examples = {{"tidemark export receipts --incremental",
                    {"What changed in the table of [export.receipts]",
                     "[export.receipts] 所指表中的变化"}}},
      .run = run_named,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
