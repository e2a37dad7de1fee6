#include "http/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "http/listener.h"
#include "http/worker.h"

namespace tidemark::http {

namespace asio = boost::asio;

struct Server::Parts {
  Parts(ServerOptions options, Router router, const Clock& clock)
      : context(std::move(options), std::move(router), clock) {}

  /// The workers run; the acceptors live on the first of them.
  Result<void> listen() {
    auto opened = listen_on(workers.front()->io(), context.options.listen);
    if (!opened) return fail(std::move(opened));
    acceptors = *std::move(opened);
    boost::system::error_code ignored;
    port = acceptors.front().local_endpoint(ignored).port();
    for (auto& acceptor : acceptors)
      asio::co_spawn(workers.front()->io(), accept_all(&acceptor, &context, &workers),
                     asio::detached);
    return {};
  }

  void stop(std::chrono::milliseconds grace) {
    if (workers.empty()) return;
    asio::post(workers.front()->io(), [this] {
      boost::system::error_code ignored;
      for (auto& acceptor : acceptors) acceptor.close(ignored);
    });
    for (const auto& worker : workers) worker->drain();
    static_cast<void>(context.connections.wait_for_none(grace));
    // The first one last: it may have accepted for the others.
    for (auto worker = workers.rbegin(); worker != workers.rend(); ++worker) (*worker)->join();
    acceptors.clear();
    workers.clear();
  }

  ServerContext context;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<asio::ip::tcp::acceptor> acceptors;
  std::uint16_t port = 0;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Router router,
                                              const Clock& clock) {
  check(options.threads > 0 && options.connections_max > 0, "a server has threads and connections");
  auto parts = std::make_unique<Parts>(std::move(options), std::move(router), clock);
  Result<void> listening;
  try {
    while (parts->workers.size() < parts->context.options.threads)
      parts->workers.push_back(std::make_unique<Worker>(parts->context));
    listening = parts->listen();
  } catch (const std::system_error& error) {
    listening = fail(ErrorKind::io, {"cannot start the HTTP server: {}", "无法启动 HTTP 服务：{}"},
                     error.what());
  }
  if (!listening) {
    parts->stop(std::chrono::milliseconds(0));
    return fail(std::move(listening));
  }
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::uint16_t Server::port() const { return parts_->port; }

std::size_t Server::connections() const { return parts_->context.connections.open(); }

void Server::stop(std::chrono::milliseconds grace) { parts_->stop(grace); }

}  // namespace tidemark::http
