#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "http/server.h"
#include "load/testing_pause.h"
#include "load/xiaoe/client.h"

namespace tidemark::load::xiaoe::testing {

/// A shop whose answers a test writes itself, one by one and in the order that it wants: what the
/// sandbox, which is one shop with one truth, never says. Its handlers run on the server's threads.
class ScriptedShop {
 public:
  using Answer = std::function<void(const http::Request&, http::Respond)>;

  explicit ScriptedShop(Answer call, Answer token = good_token) {
    http::Router router;
    router.add("GET", "/token", [token](http::Request request, http::Respond respond) {
      token(request, std::move(respond));
    });
    router.add("POST", "/{name}/{version}", [call](http::Request request, http::Respond respond) {
      call(request, std::move(respond));
    });
    http::ServerOptions options;
    options.listen.port = 0;
    server_ = std::move(*http::Server::start(options, std::move(router), clock_));
  }

  [[nodiscard]] ClientOptions client_options() const {
    return {.url = fmt::format("http://127.0.0.1:{}", server_->port()),
            .app_id = "app",
            .client_id = "client",
            .secret_key = "secret"};
  }

  static http::Response enveloped(int code, std::string_view data) {
    return {.content_type = "application/json",
            .body = fmt::format(R"({{"code":{},"msg":"said","data":{}}})", code, data)};
  }
  static void good_token(const http::Request& /*request*/, http::Respond respond) {
    respond(enveloped(0, R"({"access_token":"t","expires_in":7200})"));
  }

 private:
  SystemClock clock_;
  std::unique_ptr<http::Server> server_;
};

using load::testing::NoPause;

}  // namespace tidemark::load::xiaoe::testing
