#include "cli/hub_client.h"

#include <fmt/format.h>

#include <future>

#include "base/bytes.h"
#include "cli/version.h"
#include "config/database_url.h"
#include "http/address_policy.h"
#include "http/endpoint_url.h"

namespace tidemark::cli {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view usual_server = "http://127.0.0.1:8000";
constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;
constexpr std::chrono::seconds answer_timeout{60};
constexpr std::chrono::seconds connect_timeout{5};

/// The operator says where the hub is: every address will do.
const http::AddressPolicy& any_address() {
  static const http::AddressPolicy policy =
      http::AddressPolicy::allowing({"0.0.0.0/0", "::/0"}).value();
  return policy;
}

Result<std::string> given_server(const Context& context) {
  std::string server = context.arguments.value("--server").value_or("");
  if (server.empty())
    server = context.world.environment("TIDEMARK_SERVER").value_or(std::string(usual_server));
  while (server.ends_with('/')) server.pop_back();
  if (const auto checked = http::check_endpoint_url(server, any_address()); !checked)
    return fail(Error(checked.error()).within({"--server", "--server"}));
  return server;
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

/// What the hub's problem says, in the terms of this program.
Error error_of(int status, const std::string& body) {
  const auto json = ordered_json::parse(body, nullptr, false);
  const auto text = [&json](const char* name, std::string fallback) {
    if (!json.is_object() || !json.contains(name) || !json[name].is_string()) return fallback;
    return json[name].get<std::string>();
  };
  const std::string bare = fmt::format("HTTP {}", status);
  Message what{.en = text("detail", text("title", bare)), .zh = ""};
  what.zh = text("detail_zh", what.en);
  ErrorKind kind = ErrorKind::rejected;
  if (status == 401 || status == 403) kind = ErrorKind::unauthorized;
  if (status == 404) kind = ErrorKind::not_found;
  // The hub's own fault (its disk is full, say): another time it may do.
  if (status == 408 || status == 429 || status >= 500) kind = ErrorKind::unreachable;
  return Error{kind, std::move(what), {}};
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

std::string path_segment(std::string_view text) { return config::percent_encoded(text); }

Result<HubClient> HubClient::open(const Context& context) {
  Result<std::string> server = given_server(context);
  if (!server) return fail(std::move(server));
  Result<std::string> token = given_token(context);
  if (!token) return fail(std::move(token));
  auto client = http::HttpClient::create({.user_agent = fmt::format("Tidemark/{}", version())});
  if (!client) return fail(std::move(client));
  return HubClient(std::move(*client), std::move(*server), std::move(*token));
}

Result<ordered_json> HubClient::get(const std::string& path, const Query& query) {
  std::string target = path;
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    target += target.size() == path.size() ? '?' : '&';
    target += name + '=' + config::percent_encoded(value);
  }
  return ask("GET", target, "", "");
}

Result<ordered_json> HubClient::post(const std::string& path, std::string body,
                                     const std::string& idempotency_key) {
  return ask("POST", path, std::move(body), idempotency_key);
}

Result<ordered_json> HubClient::patch(const std::string& path, std::string body) {
  return ask("PATCH", path, std::move(body), "");
}

Result<ordered_json> HubClient::remove(const std::string& path) {
  return ask("DELETE", path, "", "");
}

Result<ordered_json> HubClient::ask(std::string_view method, const std::string& path,
                                    std::string body, const std::string& idempotency_key) {
  http::ClientRequest request{
      .method = std::string(method),
      .url = server_ + path,
      .connect_timeout = connect_timeout,
      .total_timeout = answer_timeout,
      .response_bytes_max = answer_bytes_max,
      .policy = std::shared_ptr<const http::AddressPolicy>(&any_address(), [](const auto*) {})};
  request.headers.add("Authorization", "Bearer " + token_);
  if (!body.empty()) {
    request.headers.add("Content-Type", "application/json");
    request.body = std::make_shared<const std::string>(std::move(body));
  }
  if (!idempotency_key.empty()) request.headers.add("Idempotency-Key", idempotency_key);

  std::promise<http::ClientResponse> promise;
  auto answer = promise.get_future();
  client_->send(std::move(request),
                [&promise](http::ClientResponse got) { promise.set_value(std::move(got)); });
  const http::ClientResponse response = answer.get();
  if (response.status == 0)
    return fail(make_error(ErrorKind::unreachable,
                           {"no answer from the hub at {}: {} {}", "hub {} 没有应答：{} {}"},
                           server_, name(response.error), response.error_text)
                    .with_hint({"is `tidemark serve` running? Where it is, says --server",
                                "`tidemark serve` 在运行吗？用 --server 指定其地址"}));
  if (response.status >= 300) return fail(error_of(response.status, response.body));
  if (response.body.empty()) return ordered_json(nullptr);
  auto json = ordered_json::parse(response.body, nullptr, false);
  if (json.is_discarded() || response.truncated)
    return fail(ErrorKind::unsupported,
                {"{} answered something that is no JSON: is it a hub?",
                 "{} 的应答不是 JSON：它是 hub 吗？"},
                server_);
  return json;
}

}  // namespace tidemark::cli
