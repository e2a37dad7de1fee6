#include "cli/load_import_progress.h"

#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/context.h"
#include "cli/load_settings.h"
#include "load/cell.h"
#include "load/old_progress.h"
#include "load/platforms.h"
#include "load/scan_store.h"
#include "load/schema.h"

namespace tidemark::cli {
namespace {

/// The old script knew one clock.
constexpr std::chrono::hours china_offset{8};
constexpr std::string_view earliest_time = "2016-01-01";

Result<std::string> contents_of(const std::string& path) {
  constexpr std::size_t bytes_max = 4096;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorKind::not_found, {"cannot open {}", "无法打开 {}"}, printable(path));
  std::array<char, bytes_max> bytes{};
  file.read(bytes.data(), bytes.size());
  return std::string(bytes.data(), static_cast<std::size_t>(file.gcount()));
}

CivilTime shop_now(const Context& context) {
  return load::local_time(context.world.clock.wall(), china_offset).floor_to(0);
}

Result<load::Complete> progress_of(const Context& context, const std::string& path) {
  const Result<std::string> text = contents_of(path);
  if (!text) return fail(text.error());
  Result<CivilTime> upto =
      load::old_progress(*text, china_offset, CivilTime::parse(earliest_time).value_or(CivilTime()),
                         shop_now(context));
  if (!upto) return fail(std::move(upto).error().within({"{}", "{}"}, printable(path)));
  const Result<CivilTime> start = history_start(context);
  if (!start) return fail(start.error());
  if (*start > *upto)
    return fail(ErrorKind::invalid_config,
                {"the script came to {}, which is before load.history_start, {}",
                 "旧脚本同步到 {}，早于 load.history_start（{}）"},
                upto->text(), start->text());
  return load::Complete{.from = *start, .upto = *upto};
}

Result<ExitCode> run(Context& context) {
  const Result<load::Complete> complete =
      progress_of(context, context.arguments.positional("FILE").value_or(""));
  if (!complete) return fail(complete.error());
  Result<load::ConnectWarehouse> connect = warehouse(context, WarehouseUse::fill);
  if (!connect) return fail(std::move(connect).error());
  const Result<bool> agreed = context.confirm(
      say({"Let the next incremental load of orders begin behind {}? What was created from {} to "
           "then is taken as loaded; `tidemark load orders --from … --to …` reads it.",
           "让下次订单增量加载从 {} 之后开始？{} 至该时间的订单将视为已加载；可用 `tidemark load "
           "orders --from … --to …` 读取。"},
          complete->upto.text(), complete->from.text()));
  if (!agreed) return fail(agreed.error());
  if (!*agreed) {
    context.print(say({"nothing was changed", "未作任何更改"}));
    return ExitCode::done;
  }
  const Result<std::unique_ptr<sql::Connection>> connection = (*connect)();
  if (!connection) return fail(connection.error());
  if (Result<void> migrated = load::migrate_warehouse(**connection); !migrated)
    return fail(std::move(migrated).error());
  load::ScanStore scans(**connection, context.settings.text("load.platform"),
                        std::string(load::name(load::StreamKind::orders)));
  if (Result<void> known = scans.register_stream(); !known) return fail(std::move(known).error());
  const Result<bool> found = scans.import_complete(*complete, context.world.clock.wall());
  if (!found) return fail(found.error());
  if (!*found)
    return fail(ErrorKind::usage, {"the warehouse has a watermark of orders already, and keeps it",
                                   "数仓中已有订单水位，保持不变"});
  context.print(
      say({"watermark: {} to {}", "水位：{} 至 {}"}, complete->from.text(), complete->upto.text()));
  if (context.json)
    context.world.out.json({{"message_type", "summary"},
                            {"command", "load import-progress"},
                            {"complete_from", complete->from.text()},
                            {"complete_upto", complete->upto.text()},
                            {"exit_code", 0}});
  return ExitCode::done;
}

}  // namespace

Command load_import_progress_command() {
  return {
      .name = "import-progress",
      .summary = {"Take over the progress of the old sync script", "接管旧同步脚本的进度"},
      .about = {"Reads last_sync_timestamp_list_only.txt (a Unix timestamp, or a time such as "
                "2025-01-31 08:00:00, UTC+8) and makes it the watermark of orders, so that the "
                "next incremental load goes on from there. Asks before it does. A watermark that "
                "is there already stays.",
                "读取 last_sync_timestamp_list_only.txt（Unix 时间戳，或 2025-01-31 08:00:00 "
                "这样的 UTC+8 时间），作为订单的水位，下次增量加载从此继续。写入前会询问；已有的"
                "水位不会改变。"},
      .flags = {warehouse_flag()},
      .positionals = {{.name = "FILE", .text = {"The script's progress file", "旧脚本的进度文件"}}},
      .examples = {{"tidemark load import-progress last_sync_timestamp_list_only.txt --yes",
                    {"Without asking", "不询问"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
