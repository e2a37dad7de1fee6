#include "api/gate.h"

#include "api/answer.h"
#include "base/check.h"

namespace tidemark::api {

void Gate::add(std::string_view method, std::string_view pattern, GuardedHandler handler,
               http::RouteOptions options) {
  const std::optional<Need> need = need_of(method, pattern);
  check(need.has_value(), "every route has a rule in api/access.cc");
  auto guarded = [&tokens = tokens_, &clock = clock_, need = *need, handler = std::move(handler)](
                     http::Request request, http::Respond respond) {
    if (need == Need::nothing) return handler({}, std::move(request), std::move(respond));
    // Two of them are none: a proxy in front of us may have looked at the other one.
    const bool one = request.headers.count("Authorization") == 1;
    const std::optional<Caller> caller =
        tokens.find(one ? *request.header("Authorization") : "", clock.wall());
    if (!caller)
      return respond(problem(401, "unauthenticated",
                             {"a valid token is needed: Authorization: Bearer tmk_…",
                              "需要有效的令牌：Authorization: Bearer tmk_…"}));
    if (!may(caller->role, need))
      return respond(problem(
          403, "forbidden",
          say({"the role {} may not do this; it needs {}", "角色 {} 无权执行此操作，需要 {}"},
              name(caller->role), name(need))));
    handler(*caller, std::move(request), std::move(respond));
  };
  router_.add(method, pattern, std::move(guarded), std::move(options));
}

}  // namespace tidemark::api
