#include "http/listener.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/system_error.h"
#include "http/problem.h"
#include "http/response_head.h"

namespace tidemark::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

[[nodiscard]] std::vector<asio::ip::address> addresses_of(const std::string& host) {
  if (host == "localhost")
    return {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  if (host == "*") return {asio::ip::address_v6::any()};
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (error) return {};
  return {address};
}

/// `*` serves IPv4 on its IPv6 socket; an address that was written stands for itself.
[[nodiscard]] error_code open_at(tcp::acceptor& acceptor, const tcp::endpoint& endpoint,
                                 bool v6_only) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(v6_only), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  return error;
}

[[nodiscard]] bool lacks_family(const error_code& error) {
  return error == asio::error::address_family_not_supported ||
         error == error_code(EADDRNOTAVAIL, boost::system::system_category());
}

[[nodiscard]] std::unexpected<Error> refused(const ListenAddress& address,
                                             const error_code& error) {
  const std::string where = address.text();
  const std::string reason = errno_text(error.value());
  Error failure = make_error(ErrorKind::invalid_config,
                             {"cannot listen on {}: {}", "无法监听 {}：{}"}, where, reason);
  if (error == asio::error::address_in_use) {
    failure = make_error(ErrorKind::invalid_config,
                         {"cannot listen on {}: address already in use",
                          "无法监听 {}：地址已被占用 (address already in use)"},
                         where)
                  .with_hint({"`ss -ltnp sport = :{}` shows who has it; stop that program or "
                              "choose another port",
                              "用 `ss -ltnp sport = :{}` 查看占用者；请停止该程序或换一个端口"},
                             address.port);
  } else if (error == asio::error::access_denied) {
    failure =
        std::move(failure).with_hint({"ports below 1024 need a privilege; choose a higher one",
                                      "1024 以下的端口需要特权；请选择更大的端口"});
  } else if (lacks_family(error)) {
    failure = std::move(failure).with_hint(
        {"`ip address` lists the addresses of this machine", "用 `ip address` 查看本机地址"});
  } else {
    failure.kind = ErrorKind::io;
  }
  return std::unexpected(std::move(failure));
}

/// Opens all addresses at one port. For port 0 the first one chooses.
[[nodiscard]] std::pair<std::vector<tcp::acceptor>, error_code> open_all(
    asio::io_context& io, const ListenAddress& address) {
  std::vector<tcp::acceptor> acceptors;
  std::uint16_t port = address.port;
  error_code failure = asio::error::address_family_not_supported;
  for (const auto& ip : addresses_of(address.host)) {
    tcp::acceptor acceptor(io);
    error_code error = open_at(acceptor, {ip, port}, address.host != "*");
    if (lacks_family(error) && address.host == "*") {
      error_code ignored;
      acceptor.close(ignored);
      error = open_at(acceptor, {asio::ip::address_v4::any(), port}, true);
    }
    if (error) {
      failure = error;
      if (lacks_family(error) && address.host == "localhost") continue;  // No IPv6 here.
      return {std::vector<tcp::acceptor>(), error};
    }
    port = acceptor.local_endpoint(error).port();
    acceptors.push_back(std::move(acceptor));
  }
  return {std::move(acceptors), failure};
}

/// As well as it goes: whoever is one too many does not get a wait.
void turn_away(tcp::socket socket, Worker& worker) {
  Response response = problem(503, "overloaded", {"too many connections", "连接过多"});
  response.headers.add("Retry-After", "1");
  const std::string text = response_head(response, worker.date(), true) + response.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

Result<std::vector<tcp::acceptor>> listen_on(asio::io_context& io, const ListenAddress& address) {
  // A port that the system chose for 127.0.0.1 may be taken at ::1.
  constexpr int tries = 8;
  error_code error;
  for (int attempt = 0; attempt < tries; ++attempt) {
    auto [acceptors, failure] = open_all(io, address);
    if (!acceptors.empty()) return std::move(acceptors);
    error = failure;
    if (address.port != 0 || error != asio::error::address_in_use) break;
  }
  return refused(address, error);
}

asio::awaitable<void> accept_all(tcp::acceptor* acceptor, ServerContext* context,
                                 const std::vector<std::unique_ptr<Worker>>* workers) {
  asio::steady_timer pause(acceptor->get_executor());
  for (std::size_t turn = 0; acceptor->is_open(); ++turn) {
    Worker& worker = *(*workers)[turn % workers->size()];
    auto [error, socket] = co_await acceptor->async_accept(worker.io(), token);
    if (error == asio::error::operation_aborted) break;
    if (error == asio::error::no_descriptors || error == asio::error::no_memory ||
        error == asio::error::no_buffer_space ||
        error == error_code(ENFILE, boost::system::system_category())) {
      log_line(LogLevel::error, "http: cannot accept connections: " + error.message());
      pause.expires_after(100ms);
      static_cast<void>(co_await pause.async_wait(token));
    } else if (!error && context->connections.try_enter()) {
      worker.adopt(std::move(socket));
    } else if (!error) {
      turn_away(std::move(socket), *workers->front());
    }
  }
}

}  // namespace tidemark::http
