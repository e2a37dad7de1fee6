#include "cli/export_compact_command.h"

#include <nlohmann/json.hpp>

#include "cli/chosen_export.h"
#include "cli/context.h"
#include "cli/export_settings.h"
#include "export/packed_compact.h"

namespace tidemark::cli {
namespace {

Result<ExitCode> compact(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  const exporter::ExportOptions options = configured_options(context.settings, chosen->name);
  const bool dry_run = context.arguments.has("--dry-run");
  const Result<exporter::CompactSummary> done =
      exporter::compact({.output = chosen->output,
                         .compression = options.compression,
                         .compression_level = options.compression_level,
                         .dry_run = dry_run},
                        context.world.clock, context.world.stop);
  if (!done) return std::unexpected(done.error());
  if (context.json) {
    context.world.out.json({{"message_type", "summary"},
                            {"command", "export compact"},
                            {"dry_run", dry_run},
                            {"groups", done->groups},
                            {"groups_folded", done->groups_folded},
                            {"rows_before", done->rows_before},
                            {"rows_after", done->rows_after},
                            {"parts_before", done->parts_before},
                            {"parts_after", done->parts_after},
                            {"bytes_written", done->bytes_written},
                            {"exit_code", 0}});
  }
  const auto rows = [](std::uint64_t count) { return plural(count, "row", "rows"); };
  const auto parts = [](std::uint64_t count) { return plural(count, "part", "parts"); };
  context.print(say({"{0} of {1} {6} folded: {2} {7} in {3} {8} became {4} {9} in {5} {10}",
                     "折叠了 {0}/{1} 个分组：{2} 行 {3} 个分片 → {4} 行 {5} 个分片"},
                    done->groups_folded, done->groups, done->rows_before, done->parts_before,
                    done->rows_after, done->parts_after, plural(done->groups, "group", "groups"),
                    rows(done->rows_before), parts(done->parts_before), rows(done->rows_after),
                    parts(done->parts_after)));
  return ExitCode::done;
}

std::vector<Flag> compact_flags() {
  std::vector<Flag> flags = tree_flags();
  flags.push_back({.names = "-c,--compress",
                   .kind = FlagKind::optional_value,
                   .key = "export.*.compress",
                   .bare = "gzip"});
  flags.push_back(
      {.names = "-d,--dry-run", .text = {"Count only; write nothing", "仅统计，不写入"}});
  return flags;
}

}  // namespace

Command export_compact_command() {
  return {
      .name = "compact",
      .summary = {"Fold the parts of a packed tree: the newest line of each key stays",
                  "折叠打包目录的分片：每个主键只保留最新一行"},
      .about = {"For trees of --layout ndjson. Readers see the old parts or the new ones, never a "
                "mixture. The parts are written with the compression given here.",
                "用于 --layout ndjson 的目录。读者要么看到旧分片，要么看到新分片，绝不会混合。"
                "新分片采用此处指定的压缩方式。"},
      .flags = compact_flags(),
      .examples = {{"tidemark export compact -o packed --compress=zstd",
                    {"Fold and compress", "折叠并压缩"}}},
      .table = "invoices",
      .run = compact,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
