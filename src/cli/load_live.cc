#include "cli/load_live.h"

#include "cli/load_settings.h"
#include "cli/load_stream.h"

namespace tidemark::cli {
namespace {

StreamLoad loading() {
  return {.stream = load::StreamKind::live, .usual = load::LoadMode::full, .windows = false};
}

Result<ExitCode> run(Context& context) {
  StreamLoad chosen = loading();
  if (const std::optional<std::string> path = context.arguments.value("--ids")) {
    Result<std::vector<std::string>> ids = ids_in_file(*path);
    if (!ids) return fail(std::move(ids).error());
    chosen.ids = std::move(*ids);
  }
  return load_stream(context, chosen);
}

std::vector<Flag> flags() {
  std::vector<Flag> flags = stream_flags(loading());
  flags.push_back({.names = "--ids",
                   .kind = FlagKind::value,
                   .placeholder = "FILE",
                   .text = {"Only those whose ids stand in this file, one on a line",
                            "只加载文件中列出的直播编号，每行一个"}});
  return flags;
}

}  // namespace

Command load_live_command() {
  return {
      .name = "live",
      .summary = {"Load the live streams of a shop", "加载店铺的直播"},
      .about = {"Reads the list of live streams and the details of each, and writes the table "
                "live_streams. What is published of the shop's API does not tell how the list is "
                "asked; if a shop answers otherwise than assumed, give the ids by --ids.",
                "读取直播列表及每场直播的详情，并写入表 "
                "live_streams。公开文档未说明列表接口的参数；若店铺的应答与假设不符，请用 --ids "
                "指定直播编号。"},
      .flags = flags(),
      .examples = {{"tidemark load live", {"All of them; once a day", "全部直播；每天一次"}},
                   {"tidemark load live --ids lives.txt",
                    {"Those of a file, one id (l_…) on a line",
                     "文件中列出的直播，每行一个编号（l_…）"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
