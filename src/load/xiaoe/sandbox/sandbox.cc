#include "load/xiaoe/sandbox/sandbox.h"

#include <utility>

#include "http/server.h"
#include "load/xiaoe/sandbox/late_answers.h"
#include "load/xiaoe/sandbox/shop_api.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::chrono::seconds answer_timeout{120};  ///< Longer than the longest fault.
constexpr std::chrono::seconds stop_grace{1};

}  // namespace

struct Sandbox::Parts {
  Parts(const SandboxOptions& options, const Clock& clock) : api(options, clock) {}

  void answer(ShopAnswer answer, http::Respond respond) {
    if (answer.delay.count() == 0)
      respond(std::move(answer.response));
    else
      late.give(answer.delay, std::move(respond), std::move(answer.response));
  }

  http::Router router();

  ShopApi api;
  LateAnswers late;
  std::unique_ptr<http::Server> server;  ///< Goes first: its handlers use the others.
};

http::Router Sandbox::Parts::router() {
  http::Router router;
  router.add("GET", "/token", [this](http::Request request, http::Respond respond) {
    answer(api.token(request), std::move(respond));
  });
  const auto call = [this](const http::Request& request, http::Respond respond) {
    answer(api.call(request.capture("name") + '/' + request.capture("version"), request),
           std::move(respond));
  };
  for (const char* method : {"GET", "POST"})
    router.add(method, "/{name}/{version}", [call](http::Request request, http::Respond respond) {
      call(request, std::move(respond));
    });
  router.add("POST", "/sandbox/clock", [this](http::Request request, http::Respond respond) {
    respond(api.set_clock(request));
  });
  router.add("POST", "/sandbox/faults", [this](http::Request request, http::Respond respond) {
    respond(api.set_faults(request));
  });
  router.add("GET", "/sandbox/truth",
             [this](http::Request request, http::Respond respond) { respond(api.truth(request)); });
  router.add("GET", "/sandbox/calls",
             [this](http::Request /*request*/, http::Respond respond) { respond(api.calls()); });
  return router;
}

Sandbox::Sandbox(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Sandbox::~Sandbox() { stop(); }

Result<std::unique_ptr<Sandbox>> Sandbox::start(SandboxOptions options, const Clock& clock) {
  auto parts = std::make_unique<Parts>(options, clock);
  Result<std::unique_ptr<http::Server>> server =
      http::Server::start({.listen = options.listen, .answer_timeout = answer_timeout},
                          parts->router(), parts->api.clock());
  if (!server) return fail(std::move(server).error());
  parts->server = std::move(*server);
  return std::unique_ptr<Sandbox>(new Sandbox(std::move(parts)));
}

std::uint16_t Sandbox::port() const { return parts_->server->port(); }
void Sandbox::stop() { parts_->server->stop(stop_grace); }

}  // namespace tidemark::load::xiaoe
