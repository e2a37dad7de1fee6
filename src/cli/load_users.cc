#include "cli/load_users.h"

#include "cli/load_stream.h"

namespace tidemark::cli {
namespace {

StreamLoad loading() { return {.stream = load::StreamKind::users, .usual = load::LoadMode::full}; }

Result<ExitCode> run(Context& context) { return load_stream(context, loading()); }

}  // namespace

Command load_users_command() {
  return {
      .name = "users",
      .summary = {"Load the users of a shop", "加载店铺的用户"},
      .about = {"Reads all users, month by month of their creation, and writes the table users. "
                "Telephone numbers, avatars and WeChat ids go into the raw layer only. A pass that "
                "was cut off goes on within 12 hours.",
                "按注册时间逐月读取全部用户并写入表 "
                "users。手机号、头像和微信编号只保存在原始数据中。中断的任务 12 小时内可以继续。"},
      .flags = stream_flags(loading()),
      .examples = {{"tidemark load users", {"All of them; once a day", "全部用户；每天一次"}},
                   {"tidemark load users --incremental",
                    {"Only new ones, as often as needed", "只加载新用户，可随时执行"}}},
      .run = run,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
