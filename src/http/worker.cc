#include "http/worker.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <vector>

#include "base/log.h"
#include "base/signals_blocked.h"
#include "http/connection.h"
#include "http/http_date.h"

namespace tidemark::http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Often enough for the shortest timeout to be kept roughly, seldom enough to cost nothing.
[[nodiscard]] std::chrono::milliseconds sweep_interval(const ServerOptions& options) {
  const auto shortest =
      std::min({options.header_timeout, options.body_timeout, options.idle_timeout,
                options.answer_timeout, options.write_timeout});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, 5ms, 250ms);
}

asio::awaitable<void> serve(std::shared_ptr<Connection> connection) {
  co_await connection->serve();
}

}  // namespace

Worker::Worker(ServerContext& context)
    : context_(context),
      io_(1),
      work_(io_.get_executor()),
      sweep_timer_(io_),
      mailbox_(
          std::make_shared<Mailbox>([this] { asio::post(io_, [this] { mailbox_->deliver(); }); })) {
  sweep_later();
  const SignalsBlocked blocked;
  thread_ = std::thread([this] {
    mailbox_->belongs_to(std::this_thread::get_id());
    io_.run();
  });
}

Worker::~Worker() = default;

void Worker::adopt(asio::ip::tcp::socket socket) {
  asio::post(io_, [this, socket = std::move(socket)]() mutable {
    const auto connection = std::make_shared<Connection>(*this, std::move(socket));
    connections_.insert(connection);
    asio::co_spawn(io_, serve(connection), [this, connection](std::exception_ptr failure) {
      if (failure) log_line(LogLevel::error, "http: a connection ended by an exception");
      connections_.erase(connection);
      context_.connections.leave();
    });
  });
}

void Worker::drain() {
  asio::post(io_, [this] {
    draining_ = true;
    for (const auto& connection : connections_) connection->drain();
  });
}

void Worker::join() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    draining_ = true;
    ending_ = true;
    for (const auto& connection : connections_) connection->abort();
    sweep_timer_.cancel();
    work_.reset();
  });
  thread_.join();
  mailbox_->close();
}

const std::string& Worker::date() {
  const WallTime now = context_.clock.wall();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (date_.empty() || second != date_of_) {
    date_ = http_date(now);
    date_of_ = second;
  }
  return date_;
}

void Worker::sweep_later() {
  sweep_timer_.expires_after(sweep_interval(context_.options));
  sweep_timer_.async_wait([this](const boost::system::error_code&) {
    if (!ending_) sweep();
  });
}

void Worker::sweep() {
  const SteadyTime now = context_.clock.steady();
  const bool crowded = context_.connections.crowded();
  for (const auto& connection : connections_) connection->sweep(now, crowded);
  sweep_later();
}

}  // namespace tidemark::http
