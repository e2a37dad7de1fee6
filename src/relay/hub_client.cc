#include "relay/hub_client.h"

#include <fmt/format.h>

#include <future>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/json_check.h"
#include "http/address_policy.h"
#include "http/endpoint_url.h"
#include "http/query_encoding.h"

namespace tidemark::relay {
namespace {

using nlohmann::ordered_json;

/// A page of bodies; the hub ends one at 8 MiB, and escapes may double that.
constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;
constexpr std::chrono::seconds connect_timeout{5};

const http::AddressPolicy& any_address() {
  static const http::AddressPolicy policy =
      http::AddressPolicy::allowing({"0.0.0.0/0", "::/0"}).value();
  return policy;
}

/// What the type of a problem begins with, if the hub says it (http/problem.h).
constexpr std::string_view problem_type = "urn:tidemark:problem:";

/// `of_hub`: it is the hub's problem, not the page of a proxy.
ErrorKind kind_of(int status, bool of_hub) {
  if (status == 401 || status == 403) return ErrorKind::unauthorized;
  // Another time it may do; its disk is full, say (507).
  if (status == 408 || status == 429 || (status >= 500 && status != 500))
    return ErrorKind::unreachable;
  if (!of_hub) return status == 500 ? ErrorKind::unreachable : ErrorKind::unsupported;
  if (status == 404) return ErrorKind::not_found;
  return status == 500 ? ErrorKind::io : ErrorKind::rejected;
}

/// What the hub's problem says, in the terms of this program.
Error error_of(int status, const std::string& body, const std::string& server) {
  const auto json = ordered_json::parse(body, nullptr, false);
  const auto text = [&json](const char* name, std::string fallback) {
    if (!json.is_object() || !json.contains(name) || !json[name].is_string()) return fallback;
    return json[name].get<std::string>();
  };
  const std::string bare = fmt::format("HTTP {}", status);
  Message what{.en = text("detail", text("title", bare)), .zh = ""};
  what.zh = text("detail_zh", what.en);
  Message hint{.en = text("hint", ""), .zh = ""};
  hint.zh = text("hint_zh", hint.en);
  const bool of_hub = text("type", "").starts_with(problem_type);
  const ErrorKind kind = kind_of(status, of_hub);
  if (kind == ErrorKind::unsupported)
    return make_error(kind,
                      {"{} answered with HTTP {}, and not as a hub does: {}",
                       "{} 应答 HTTP {}，但不是 hub 的应答：{}"},
                      server, status, printable(body))
        .with_hint({"is there a proxy in front of the hub, or does --server name another address?",
                    "hub 前面是否有代理，或者 --server 的地址有误？"});
  if (status == 401 && hint.empty())
    hint = {
        "is it revoked, expired, or another hub's? TIDEMARK_TOKEN or TIDEMARK_TOKEN_FILE gives it",
        "令牌是否已吊销、过期或属于其他 hub？由 TIDEMARK_TOKEN 或 TIDEMARK_TOKEN_FILE 指定"};
  return Error{kind, std::move(what), std::move(hint)};
}

std::unexpected<Error> no_json(const std::string& server) {
  return fail(
      ErrorKind::unsupported,
      {"{} answered something that is no JSON: is it a hub?", "{} 的应答不是 JSON：它是 hub 吗？"},
      server);
}

std::string target_of(const std::string& path, const HubClient::Query& query) {
  std::string target = path;
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    target += target.size() == path.size() ? '?' : '&';
    target += name + '=' + http::query_encoded(value);
  }
  return target;
}

/// `text` has passed check_json(); a lone surrogate is not for this parser all the same.
Result<ordered_json> parsed(Result<std::string> text, const std::string& server) {
  if (!text) return fail(std::move(text));
  if (text->empty()) return ordered_json(nullptr);
  auto json = ordered_json::parse(*text, nullptr, false);
  if (json.is_discarded()) return no_json(server);
  return json;
}

}  // namespace

Result<HubClient> HubClient::create(HubClientOptions options) {
  while (options.url.ends_with('/')) options.url.pop_back();
  if (const auto url = http::check_endpoint_url(options.url, any_address()); !url)
    return fail(url.error());
  http::ClientOptions client_options;
  if (!options.user_agent.empty()) client_options.user_agent = options.user_agent;
  auto client = http::HttpClient::create(std::move(client_options));
  if (!client) return fail(std::move(client));
  return HubClient(std::move(options), std::move(*client));
}

Result<std::string> HubClient::get_text(const std::string& path, const Query& query) {
  return ask("GET", target_of(path, query), "", "");
}

Result<ordered_json> HubClient::get(const std::string& path, const Query& query) {
  return parsed(get_text(path, query), server());
}

Result<ordered_json> HubClient::post(const std::string& path, std::string body,
                                     const std::string& idempotency_key) {
  return parsed(ask("POST", path, std::move(body), idempotency_key), server());
}

Result<ordered_json> HubClient::patch(const std::string& path, std::string body) {
  return parsed(ask("PATCH", path, std::move(body), ""), server());
}

Result<ordered_json> HubClient::remove(const std::string& path) {
  return parsed(ask("DELETE", path, "", ""), server());
}

Result<std::string> HubClient::ask(std::string_view method, const std::string& path,
                                   std::string body, const std::string& idempotency_key) {
  http::ClientRequest request{
      .method = std::string(method),
      .url = server() + path,
      .connect_timeout = connect_timeout,
      .total_timeout = options_.timeout,
      .response_bytes_max = answer_bytes_max,
      .policy = std::shared_ptr<const http::AddressPolicy>(&any_address(), [](const auto*) {})};
  request.headers.add("Accept", "application/json");
  if (!options_.token.empty()) request.headers.add("Authorization", "Bearer " + options_.token);
  if (!body.empty()) {
    request.headers.add("Content-Type", "application/json");
    request.body = std::make_shared<const std::string>(std::move(body));
  }
  if (!idempotency_key.empty()) request.headers.add("Idempotency-Key", idempotency_key);
  if (!options_.ca_file.empty())
    request.tls = std::make_shared<http::TlsFiles>(http::TlsFiles{.ca_file = options_.ca_file});

  // Shared: the answer may come on its thread while this one leaves.
  const auto answered = std::make_shared<std::promise<http::ClientResponse>>();
  std::future<http::ClientResponse> answer = answered->get_future();
  client_->send(std::move(request), [answered](http::ClientResponse response) {
    answered->set_value(std::move(response));
  });
  http::ClientResponse response = answer.get();  // At the latest shortly after the timeout.
  if (response.error == http::ClientError::tls_file_error)
    return fail(ErrorKind::invalid_config,
                {"the authority of {} cannot be used: {}", "无法使用 {} 的 CA：{}"}, server(),
                response.error_text);
  if (response.status == 0) {
    Error error = make_error(ErrorKind::unreachable,
                             {"no answer from the hub at {}: {} {}", "hub {} 没有应答：{} {}"},
                             server(), http::name(response.error), response.error_text);
    error.hint = options_.no_answer_hint;
    return fail(std::move(error));
  }
  if (response.status >= 300) return fail(error_of(response.status, response.body, server()));
  if (response.truncated)
    return fail(ErrorKind::unreachable,
                {"the hub's answer to {} broke off", "hub 对 {} 的应答不完整"}, path);
  if (!response.body.empty() && check_json(response.body)) return no_json(server());
  return std::move(response.body);
}

void HubClient::stop() { client_->stop(std::chrono::milliseconds{0}); }

}  // namespace tidemark::relay
