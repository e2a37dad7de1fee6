#include "load/xiaoe/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/json_check.h"
#include "base/json_object.h"
#include "base/json_text.h"
#include "base/log.h"
#include "http/endpoint_url.h"
#include "load/row_sql.h"
#include "load/xiaoe/envelope.h"
#include "load/xiaoe/gateway_code.h"
#include "load/xiaoe/loose_number.h"
#include "load/xiaoe/shop_clock.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr int attempts_max = 8;
/// From this one on it is no hiccup any more: all of them together may take more than a minute, in
/// which a person ought to know what is waited for.
constexpr int attempts_told = 3;
/// Windows of calls that are waited for before it is given up: others may use the shop as well.
constexpr int windows_max = 60;
constexpr std::chrono::milliseconds pause_max = std::chrono::seconds(30);
/// A token is renewed so long before it ends: both published rules of renewal bear that.
constexpr std::chrono::minutes token_margin{5};
/// What a shop says of a token's life is believed up to here; published are two hours. More would
/// let no clock of ours run out.
constexpr std::chrono::seconds token_life_max = std::chrono::hours(24);
constexpr std::size_t token_bytes_max = 4096;

/// Its limit is waited for when it is met: who keeps tokens asks for few.
constexpr Interface token_api{.name = "token", .calls = 100, .window = std::chrono::minutes(10)};

/// The error that a refusal becomes when nothing more is tried.
Error refusal(const Interface& api, const Envelope& envelope, ErrorKind kind) {
  Error error = make_error(kind, {"{}: the shop answered code {}: {}", "{}：店铺接口返回 {}：{}"},
                           api.name, envelope.code, printable(envelope.message));
  error.hint = hint_of(envelope.code, api.name, api.permission);
  return error;
}

constexpr std::string_view too_long_en = "the answer is too long";

bool may_be_repeated(const Error& error) {
  return error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout ||
         (error.kind == ErrorKind::corrupt && !is_too_long(error));
}

}  // namespace

bool is_too_long(const Error& error) {
  return error.kind == ErrorKind::corrupt && error.what.en.ends_with(too_long_en);
}

/// Either `answer`, or `failure` with the pause before the next attempt.
struct Client::Attempt {
  std::optional<Answer> answer{};
  Error failure{ErrorKind::unreachable, {}};
  enum class Next { backoff, slow_down, window, token } next = Next::backoff;
};

Client::Client(ClientOptions options, std::unique_ptr<http::HttpClient> http, const Clock& clock,
               Random& random, Pause& pause, const Stop& stop)
    : options_(std::move(options)),
      http_(std::move(http)),
      clock_(clock),
      pause_(pause),
      stop_(stop),
      random_(random) {}

Result<std::unique_ptr<Client>> Client::create(ClientOptions options, const Clock& clock,
                                               Random& random, Pause& pause, const Stop& stop) {
  while (options.url.ends_with('/')) options.url.pop_back();
  if (const auto url = http::check_endpoint_url(options.url, *shop_addresses()); !url)
    return fail(Error{url.error()}.within({"the shop's URL", "店铺地址"}));
  if (options.app_id.empty() || options.secret_key.empty())
    return fail(make_error(ErrorKind::invalid_config,
                           {"the shop's credentials are missing", "缺少店铺凭据"})
                    .with_hint({"set TIDEMARK_XIAOE__APP_ID, TIDEMARK_XIAOE__CLIENT_ID and "
                                "TIDEMARK_XIAOE__SECRET_KEY_FILE",
                                "请设置 TIDEMARK_XIAOE__APP_ID、TIDEMARK_XIAOE__CLIENT_ID 和 "
                                "TIDEMARK_XIAOE__SECRET_KEY_FILE"}));
  auto http = http::HttpClient::create({});
  if (!http) return fail(std::move(http).error());
  return std::unique_ptr<Client>(
      new Client(std::move(options), std::move(*http), clock, random, pause, stop));
}

Result<void> Client::wait(std::chrono::milliseconds duration) {
  if (pause_.wait(duration) && !stop_.requested()) return {};
  return fail(ErrorKind::cancelled, {"asked to stop", "收到停止请求"});
}

std::chrono::milliseconds Client::backoff(int attempts) {
  const auto full =
      std::min<std::chrono::milliseconds>(pause_max, options_.first_pause * (1 << attempts));
  // Half of it is left to chance, so that several loaders do not come back at once.
  const std::lock_guard lock(mutex_);
  return full / 2 +
         std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(full.count()) / 2 + 1));
}

Result<void> Client::compare_clocks(const http::ClientResponse& response, WallTime asked_at) const {
  const std::optional<WallTime> shop = shop_time(response);
  if (!options_.clocks_apart_max || !shop) return {};
  const WallTime now = clock_.wall();
  const std::chrono::microseconds ahead = shop_ahead(asked_at, *shop, now);
  if (std::chrono::abs(ahead) < *options_.clocks_apart_max) return {};
  return fail(
      make_error(ErrorKind::rejected,
                 {"this machine's clock ({} UTC) and the shop's ({} UTC) are too far apart",
                  "本机时钟（UTC {}）与店铺时钟（UTC {}）相差过大"},
                 utc_text(now), utc_text(*shop))
          .with_hint({"let this machine use NTP; nothing is read until they agree "
                      "(half of load.margin)",
                      "请为本机启用 NTP；两者相差小于 load.margin 的一半之前不会读取任何数据"}));
}

Result<std::string> Client::exchange(http::ClientRequest request, std::string_view what) {
  request.total_timeout = options_.timeout;
  request.response_bytes_max = options_.answer_bytes_max;
  request.tls = std::make_shared<http::TlsFiles>(http::TlsFiles{.ca_file = options_.ca_file});
  request.policy = shop_addresses();
  auto answered = std::make_shared<std::promise<http::ClientResponse>>();
  std::future<http::ClientResponse> future = answered->get_future();
  const WallTime asked_at = clock_.wall();
  http_->send(std::move(request), [answered](http::ClientResponse response) {
    answered->set_value(std::move(response));
  });
  constexpr std::chrono::milliseconds poll{100};
  while (future.wait_for(poll) != std::future_status::ready)
    if (stop_.requested()) http_->cancel_all();
  http::ClientResponse response = future.get();
  if (stop_.requested() && response.status == 0)
    return fail(ErrorKind::cancelled, {"asked to stop", "收到停止请求"});
  if (response.status == 0) {
    const bool late = response.error == http::ClientError::etimedout;
    return fail(late ? ErrorKind::timeout : ErrorKind::unreachable, {"{}: {} {}", "{}：{} {}"},
                what, http::name(response.error), response.error_text);
  }
  if (response.status != 200)
    return fail(ErrorKind::unreachable, {"{}: HTTP status {}", "{}：HTTP 状态 {}"}, what,
                response.status);
  if (Result<void> agree = compare_clocks(response, asked_at); !agree)
    return fail(std::move(agree).error());
  if (response.truncated && response.body.size() >= options_.answer_bytes_max)
    return fail(ErrorKind::corrupt, {"{}: {}", "{}：应答过长"}, what, too_long_en);
  if (response.truncated)
    return fail(ErrorKind::unreachable, {"{}: the answer broke off", "{}：应答不完整"}, what);
  if (const auto fault = check_json(response.body))
    return fail(ErrorKind::corrupt,
                {"{}: the answer is no JSON: {} at byte {} of {}",
                 "{}：应答不是 JSON：{}，位于第 {} 字节，共 {} 字节"},
                what, fault->reason, fault->position, response.body.size());
  return std::move(response.body);
}

Result<std::string> Client::fetch_token() {
  const std::string_view what = token_api.name;
  for (int attempts = 0, windows = 0;;) {
    const SteadyTime asked = clock_.steady();
    Result<std::string> body = exchange({.method = "GET", .url = token_url(options_)}, what);
    std::optional<Error> failure;
    if (body) {
      const std::optional<Envelope> envelope = envelope_of(*body);
      const GatewayAction action = envelope ? action_of(envelope->code) : GatewayAction::retry;
      if (envelope && action == GatewayAction::proceed) {
        const auto members = json_members(envelope->data);
        std::int64_t seconds = 0;
        std::string token;
        if (members)
          for (const JsonMember& member : *members) {
            if (member.name == "access_token") token = json_text(member.value).value_or("");
            if (member.name == "expires_in") seconds = loose_integer(member.value).value_or(0);
          }
        if (!token.empty() && token.size() <= token_bytes_max && seconds > 0) {
          const std::lock_guard lock(mutex_);
          token_ = token;
          token_until_ = asked + std::min(std::chrono::seconds(seconds), token_life_max);
          return token;
        }
        failure = make_error(ErrorKind::corrupt,
                             {"token: the answer has no token", "token：应答中没有令牌"});
      } else if (envelope && action == GatewayAction::give_up) {
        return fail(refusal(token_api, *envelope, ErrorKind::unauthorized));
      } else if (envelope && action == GatewayAction::not_offered) {
        return fail(refusal(token_api, *envelope, ErrorKind::unsupported));
      } else if (envelope && action == GatewayAction::refused) {
        return fail(refusal(token_api, *envelope, ErrorKind::query));
      } else if (envelope && action == GatewayAction::next_window && ++windows <= windows_max) {
        if (windows == 1)
          log_line(LogLevel::warning, "the shop's limit of tokens is reached; waiting");
        if (Result<void> waited = wait(options_.token_window); !waited)
          return fail(std::move(waited).error());
        continue;
      } else {
        failure = envelope
                      ? refusal(token_api, *envelope, ErrorKind::unreachable)
                      : make_error(ErrorKind::corrupt, {"token: the answer is none of the API's",
                                                        "token：应答不符合接口格式"});
      }
    } else {
      failure = std::move(body).error();
      if (!may_be_repeated(*failure)) return fail(std::move(*failure));
    }
    if (++attempts == attempts_max) return fail(std::move(*failure));
    log_line(attempts == attempts_told ? LogLevel::warning : LogLevel::debug,
             failure->what.en + "; again");
    if (Result<void> waited = wait(backoff(attempts)); !waited)
      return fail(std::move(waited).error());
  }
}

Client::TokenState Client::token_state() {
  const std::lock_guard lock(mutex_);
  return {.valid = clock_.steady() + token_margin < token_until_ ? token_ : std::string(),
          .failures = token_failures_};
}

Result<std::string> Client::token() {
  const TokenState arrived = token_state();
  if (!arrived.valid.empty()) return arrived.valid;
  const std::lock_guard fetching(token_fetched_);
  const TokenState now = token_state();
  if (!now.valid.empty()) return now.valid;
  if (stop_.requested()) return fail(ErrorKind::cancelled, {"asked to stop", "收到停止请求"});
  // Somebody tried in vain while this one waited for its turn: to try again at once would make an
  // outage as many times as long as there are threads.
  if (now.failures != arrived.failures) return fail(*token_failure_);
  Result<std::string> fetched = fetch_token();
  if (!fetched) {
    token_failure_ = fetched.error();
    const std::lock_guard lock(mutex_);
    ++token_failures_;
  }
  return fetched;
}

void Client::forget(const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (token_ == token) token_.clear();
}

std::chrono::milliseconds Client::turn(const Interface& api) {
  const std::lock_guard lock(mutex_);
  return rate_of(api).take(clock_.steady());
}

void Client::slow_down(const Interface& api, std::chrono::milliseconds pause) {
  const std::lock_guard lock(mutex_);
  rate_of(api).hold(clock_.steady() + pause);
}

CallRate& Client::rate_of(const Interface& api) {
  return rates_.try_emplace(std::string(api.name), api.calls, api.window).first->second;
}

Result<Client::Attempt> Client::attempt(const Interface& api, std::string_view fields) {
  const Result<std::string> token = this->token();
  if (!token) return fail(token.error());
  if (Result<void> waited = wait(turn(api)); !waited) return fail(std::move(waited).error());
  http::ClientRequest request{.method = "POST",
                              .url = fmt::format("{}/{}", options_.url, api.name)};
  request.headers.add("content-type", "application/json");
  request.body = std::make_shared<std::string>(call_body(*token, fields));
  const WallTime asked_at = clock_.wall();
  Result<std::string> answer = exchange(std::move(request), api.name);
  if (!answer) {
    if (!may_be_repeated(answer.error())) return fail(std::move(answer).error());
    return Attempt{.failure = std::move(answer).error(), .next = Attempt::Next::backoff};
  }
  const std::optional<Envelope> envelope = envelope_of(*answer);
  if (!envelope)
    return Attempt{.failure = make_error(
                       ErrorKind::corrupt,
                       {"{}: the answer is none of the API's", "{}：应答不符合接口格式"}, api.name),
                   .next = Attempt::Next::backoff};
  switch (action_of(envelope->code)) {
    case GatewayAction::proceed:
      return Attempt{.answer = Answer{.data = std::string(envelope->data), .asked_at = asked_at}};
    case GatewayAction::retry:
      return Attempt{.failure = refusal(api, *envelope, ErrorKind::unreachable),
                     .next = Attempt::Next::backoff};
    case GatewayAction::slow_down:
      return Attempt{.failure = refusal(api, *envelope, ErrorKind::unreachable),
                     .next = Attempt::Next::slow_down};
    case GatewayAction::new_token:
      forget(*token);
      return Attempt{.failure = refusal(api, *envelope, ErrorKind::unauthorized),
                     .next = Attempt::Next::token};
    case GatewayAction::next_window:
      return Attempt{.failure = refusal(api, *envelope, ErrorKind::unreachable),
                     .next = Attempt::Next::window};
    case GatewayAction::give_up:
      return fail(refusal(api, *envelope, ErrorKind::unauthorized));
    case GatewayAction::not_offered:
      return fail(refusal(api, *envelope, ErrorKind::unsupported));
    case GatewayAction::refused:
      return fail(refusal(api, *envelope, ErrorKind::query));
  }
  return fail(refusal(api, *envelope, ErrorKind::query));
}

Result<Answer> Client::call(const Interface& api, std::string_view fields) {
  for (int attempts = 0, windows = 0;;) {
    Result<Attempt> tried = attempt(api, fields);
    if (!tried) return fail(std::move(tried).error());
    if (tried->answer) return std::move(*tried->answer);
    if (tried->next == Attempt::Next::window) {
      if (++windows > windows_max) return fail(std::move(tried->failure));
      if (windows == 1) log_line(LogLevel::info, "the shop's limit of calls is reached; waiting");
      if (Result<void> waited = wait(options_.call_window); !waited)
        return fail(std::move(waited).error());
      continue;
    }
    if (++attempts == attempts_max) return fail(std::move(tried->failure));
    log_line(attempts == attempts_told ? LogLevel::warning : LogLevel::debug,
             tried->failure.what.en + "; again");
    // At once the first time; a shop that takes no token must not be asked without end.
    if (tried->next == Attempt::Next::token && attempts == 1) continue;
    const std::chrono::milliseconds pause = backoff(attempts);
    if (tried->next == Attempt::Next::slow_down) slow_down(api, pause);
    if (Result<void> waited = wait(pause); !waited) return fail(std::move(waited).error());
  }
}

}  // namespace tidemark::load::xiaoe
