#include "cli/running_hub.h"

#include <fmt/format.h>

#include "cli/version.h"
#include "config/environment.h"
#include "http/headers.h"
#include "http/query_encoding.h"

namespace tidemark::cli {
namespace {

constexpr std::string_view usual_server = "http://127.0.0.1:8000";

std::string given_server(const Context& context) {
  std::string server = context.arguments.value("--server").value_or("");
  if (!server.empty()) return server;
  return context.world.environment("TIDEMARK_SERVER").value_or(std::string(usual_server));
}

Result<std::string> given_token(const Context& context) {
  const auto token = config::read_variable(context.world.environment, "TIDEMARK_TOKEN");
  if (!token) return fail(token.error());
  if (!*token || (*token)->value.empty())
    return fail(make_error(ErrorKind::invalid_config,
                           {"no token for the hub: set TIDEMARK_TOKEN or TIDEMARK_TOKEN_FILE",
                            "缺少访问 hub 的令牌：请设置 TIDEMARK_TOKEN 或 TIDEMARK_TOKEN_FILE"})
                    .with_hint({"`tidemark serve` prints the first one; `tidemark tokens create` "
                                "makes more",
                                "`tidemark serve` 首次启动时会打印；更多令牌用 `tidemark tokens "
                                "create` 创建"}));
  if (!http::is_field_value((*token)->value))
    return fail(ErrorKind::invalid_config,
                {"the token in {} holds a character that no token has", "{} 中的令牌含有无效字符"},
                (*token)->where);
  return (*token)->value;
}

}  // namespace

Flag server_flag() {
  return {.names = "--server",
          .kind = FlagKind::value,
          .placeholder = "URL",
          .fallback = usual_server,
          .text = {"Where the hub listens; also TIDEMARK_SERVER",
                   "hub 的地址，也可用 TIDEMARK_SERVER 指定"}};
}

Command command_of_one(std::string_view name, const Positional& thing, Wording summary,
                       Example example, Result<ExitCode> (*run)(Context&)) {
  return {.name = name,
          .summary = summary,
          .flags = {server_flag()},
          .positionals = {thing},
          .examples = {example},
          .run = run};
}

Result<relay::HubClient> running_hub(const Context& context) {
  Result<std::string> token = given_token(context);
  if (!token) return fail(std::move(token));
  auto hub = relay::HubClient::create(
      {.url = given_server(context),
       .token = std::move(*token),
       .ca_file = context.world.environment("TIDEMARK_SERVER_CA").value_or(""),
       .user_agent = fmt::format("Tidemark/{}", version()),
       .no_answer_hint = {.en = "is `tidemark serve` running? Where it is, says --server",
                          .zh = "`tidemark serve` 在运行吗？用 --server 指定其地址"}});
  if (!hub && hub.error().kind == ErrorKind::invalid_config)
    return fail(std::move(hub).error().within({"--server", "--server"}));
  return hub;
}

std::string path_segment(std::string_view text) { return http::query_encoded(text); }

}  // namespace tidemark::cli
