#include "api/gate.h"

#include <expected>

#include "api/answer.h"
#include "base/check.h"

namespace tidemark::api {
namespace {

/// The caller, or the answer to somebody who may not.
std::expected<Caller, http::Response> admitted(const TokenCache& tokens,
                                               const http::Headers& headers, WallTime now,
                                               Need need) {
  // Two of them are none: a proxy in front of us may have looked at the other one.
  const bool one = headers.count("Authorization") == 1;
  std::optional<Caller> caller = tokens.find(one ? *headers.find("Authorization") : "", now);
  if (!caller)
    return std::unexpected(problem(401, "unauthenticated",
                                   {"a valid token is needed: Authorization: Bearer tmk_…",
                                    "需要有效的令牌：Authorization: Bearer tmk_…"}));
  if (!may(caller->role, need))
    return std::unexpected(
        problem(403, "forbidden",
                say({"the role {} may not do this; it needs {}", "角色 {} 无权执行此操作，需要 {}"},
                    name(caller->role), name(need))));
  return *std::move(caller);
}

}  // namespace

void Gate::add(std::string_view method, std::string_view pattern, GuardedHandler handler,
               http::RouteOptions options) {
  const std::optional<Need> need = need_of(method, pattern);
  check(need.has_value(), "every route has a rule in api/access.cc");
  if (*need == Need::nothing) {
    router_.add(
        method, pattern,
        [handler = std::move(handler)](http::Request request, http::Respond respond) {
          handler({}, std::move(request), std::move(respond));
        },
        std::move(options));
    return;
  }
  const auto ask = [&tokens = tokens_, &clock = clock_, need = *need](
                       const http::Headers& headers) -> std::expected<Caller, http::Response> {
    return admitted(tokens, headers, clock.wall(), need);
  };
  options.admit = [ask](const http::Headers& headers) -> std::optional<http::Response> {
    auto caller = ask(headers);
    if (caller) return std::nullopt;
    return std::move(caller).error();
  };
  // Asked again once the body is there: a token may have been revoked meanwhile.
  auto guarded = [ask, handler = std::move(handler)](http::Request request, http::Respond respond) {
    auto caller = ask(request.headers);
    if (!caller) return respond(std::move(caller).error());
    handler(*caller, std::move(request), std::move(respond));
  };
  router_.add(method, pattern, std::move(guarded), std::move(options));
}

}  // namespace tidemark::api
