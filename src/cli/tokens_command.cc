#include "cli/tokens_command.h"

#include <array>

#include "cli/hub_output.h"
#include "cli/running_hub.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::array columns = {
    HubColumn{"id", {"ID", "ID"}},
    HubColumn{"name", {"NAME", "名称"}},
    HubColumn{"role", {"ROLE", "角色"}},
    HubColumn{"created_at", {"CREATED (UTC)", "创建时间 (UTC)"}},
    HubColumn{"expires_at", {"EXPIRES", "到期"}},
    HubColumn{"revoked_at", {"REVOKED", "吊销"}},
    HubColumn{"last_used_at", {"LAST USED", "最近使用"}},
};

Result<ExitCode> list(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const auto answer = hub->get("/api/v1/tokens");
  if (!answer) return fail(answer.error());
  show_rows(context, (*answer)["data"], columns, {"no tokens", "没有令牌"});
  return ExitCode::done;
}

Result<ExitCode> create(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  ordered_json body{{"name", context.arguments.positional("NAME").value_or("")},
                    {"role", context.arguments.value("--role").value_or("viewer")}};
  if (const auto expires = context.arguments.value("--expires-at")) body["expires_at"] = *expires;
  const auto answer = hub->post("/api/v1/tokens", body.dump());
  if (!answer) return fail(answer.error());
  show_object(context, *answer);
  context.print({"The token is shown only now; keep it.", "令牌仅显示这一次，请妥善保存。"});
  return ExitCode::done;
}

Result<ExitCode> revoke(Context& context) {
  auto hub = running_hub(context);
  if (!hub) return fail(std::move(hub));
  const std::string id = context.arguments.positional("ID").value_or("");
  const auto answer = hub->remove("/api/v1/tokens/" + path_segment(id));
  if (!answer) return fail(answer.error());
  if (context.json) context.world.out.json({{"id", id}, {"revoked", true}});
  context.print(say({"revoked: {}", "已吊销：{}"}, id));
  return ExitCode::done;
}

}  // namespace

Command tokens_command() {
  return {
      .name = "tokens",
      .summary = {"Who may talk to the hub, and what they may do", "管理访问 hub 的令牌与角色"},
      .about =
          {"Roles: publisher (may only publish), viewer (may read), operator (may also publish, "
           "pause, resume, retry and replay), admin (everything).",
           "角色：publisher（只能发布）、viewer（只读）、operator（另可发布、暂停、恢复、重试、"
           "重放）、admin（全部）。"},
      .children = {{.name = "list",
                    .summary = {"List all tokens", "列出所有令牌"},
                    .flags = {server_flag()},
                    .examples = {{"tidemark tokens list --json", {"For a script", "供脚本使用"}}},
                    .run = list},
                   {.name = "create",
                    .summary = {"Make a token; its text is shown once", "创建令牌，内容只显示一次"},
                    .flags = {server_flag(),
                              {.names = "--role",
                               .kind = FlagKind::value,
                               .choices = "publisher|viewer|operator|admin",
                               .fallback = "viewer",
                               .text = {"What it may do", "权限"}},
                              {.names = "--expires-at",
                               .kind = FlagKind::value,
                               .placeholder = "TIME",
                               .text = {"When it ends: 2027-01-15T00:00:00Z",
                                        "到期时间：2027-01-15T00:00:00Z"}}},
                    .positionals = {{.name = "NAME", .text = {"Who has it", "持有者名称"}}},
                    .examples = {{"tidemark tokens create settlement --role publisher",
                                  {"For the business system that publishes",
                                   "供发布凭证的业务系统使用"}}},
                    .run = create},
                   {.name = "revoke",
                    .summary = {"End a token at once", "立即吊销令牌"},
                    .flags = {server_flag()},
                    .positionals = {{.name = "ID", .text = {"Its id, of tokens list", "令牌 ID"}}},
                    .examples = {{"tidemark tokens revoke tok_01JHZK7T0V8Q6W3E5R2Y9A4B1C",
                                  {"It ends with this second", "立即失效"}}},
                    .run = revoke}},
  };
}

}  // namespace tidemark::cli
