#include "load/xiaoe/doctor/shop_probe.h"

#include <fmt/format.h>

#include <future>

#include "base/json_check.h"
#include "base/json_object.h"
#include "base/json_text.h"
#include "http/endpoint_url.h"
#include "load/xiaoe/envelope.h"
#include "load/xiaoe/shop_clock.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::size_t answer_bytes_max = std::size_t{4} << 20;

}  // namespace

Result<std::unique_ptr<ShopProbe>> ShopProbe::create(ClientOptions options, const Clock& clock) {
  while (options.url.ends_with('/')) options.url.pop_back();
  if (const auto url = http::check_endpoint_url(options.url, *shop_addresses()); !url)
    return fail(Error{url.error()}.within({"the shop's URL", "店铺地址"}));
  auto http = http::HttpClient::create({});
  if (!http) return fail(std::move(http).error());
  return std::unique_ptr<ShopProbe>(new ShopProbe(std::move(options), std::move(*http), clock));
}

Result<ProbeAnswer> ShopProbe::exchange(http::ClientRequest request, std::string_view what) {
  request.total_timeout = options_.timeout;
  request.response_bytes_max = answer_bytes_max;
  request.tls = std::make_shared<http::TlsFiles>(http::TlsFiles{.ca_file = options_.ca_file});
  request.policy = shop_addresses();
  std::promise<http::ClientResponse> answered;
  ProbeAnswer answer{.asked_at = clock_.wall()};
  http_->send(std::move(request), [&answered](http::ClientResponse response) {
    answered.set_value(std::move(response));
  });
  const http::ClientResponse response = answered.get_future().get();
  answer.answered_at = clock_.wall();
  if (response.status == 0)
    return fail(response.error == http::ClientError::etimedout ? ErrorKind::timeout
                                                               : ErrorKind::unreachable,
                {"{}: {} {}", "{}：{} {}"}, what, http::name(response.error), response.error_text);
  if (response.status != 200)
    return fail(ErrorKind::unreachable, {"{}: HTTP status {}", "{}：HTTP 状态 {}"}, what,
                response.status);
  answer.shop_time = shop_time(response);
  const bool json = !response.truncated && !check_json(response.body);
  const std::optional<Envelope> envelope = json ? envelope_of(response.body) : std::nullopt;
  if (!envelope)
    return fail(ErrorKind::corrupt,
                {"{}: what answers is not the shop's API", "{}：应答的不是店铺接口"}, what);
  answer.code = envelope->code;
  answer.message = envelope->message;
  answer.data = envelope->data;
  return answer;
}

Result<ProbeAnswer> ShopProbe::token() {
  Result<ProbeAnswer> answer = exchange({.method = "GET", .url = token_url(options_)}, "token");
  if (answer && answer->code == 0 && !answer->data.empty())
    for (const JsonMember& member : json_members(answer->data).value_or(std::vector<JsonMember>()))
      if (member.name == "access_token") token_ = json_text(member.value).value_or("");
  return answer;
}

Result<ProbeAnswer> ShopProbe::call(std::string_view api, std::string_view fields) {
  http::ClientRequest request{.method = "POST", .url = fmt::format("{}/{}", options_.url, api)};
  request.headers.add("content-type", "application/json");
  request.body = std::make_shared<std::string>(call_body(token_, fields));
  return exchange(std::move(request), api);
}

}  // namespace tidemark::load::xiaoe
