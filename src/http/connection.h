#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/input_buffer.h"
#include "http/request_parser.h"
#include "http/server_context.h"

namespace tidemark::http {

class Worker;
struct Exchange;

/// One client's connection: reads a request, asks its handler, writes the answer, and again.
/// Lives on its worker's thread alone. Every wait has a deadline, which sweep() enforces.
class Connection {
 public:
  Connection(Worker& worker, boost::asio::ip::tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Until the connection ends. The caller keeps the object alive so long.
  [[nodiscard]] boost::asio::awaitable<void> serve();

  /// Ends a wait that lasts too long; `crowded` shortens the wait for another request.
  void sweep(SteadyTime now, bool crowded);
  /// The answer has come.
  void wake() { woken_.cancel(); }
  /// Ends after the exchange that it is in.
  void drain();
  void abort();

 private:
  enum class Wait { request, head, body, answer, write, farewell };
  enum class Upto { head, body };

  void begin_exchange();
  void wait_for(Wait wait, std::chrono::milliseconds timeout);
  [[nodiscard]] boost::asio::awaitable<void> read(Upto upto);
  void read_failed();
  [[nodiscard]] bool parse(Upto upto);
  void route();
  void check_body(const RouteOptions& limits);
  /// Asks the route. False: the request is refused.
  [[nodiscard]] bool admit(const RouteOptions& limits);
  [[nodiscard]] boost::asio::awaitable<void> invite_body();
  [[nodiscard]] boost::asio::awaitable<void> answer();
  [[nodiscard]] boost::asio::awaitable<Response> ask_handler();
  [[nodiscard]] boost::asio::awaitable<void> write(Response response);
  [[nodiscard]] boost::asio::awaitable<void> send(std::string_view head, std::string_view body);
  [[nodiscard]] boost::asio::awaitable<void> say_farewell();
  [[nodiscard]] Request take_request();

  /// Answers so instead of asking a handler. `close`: the rest of the request is not read.
  void refuse(Response response, bool close);
  void refuse(RequestFault fault);

  Worker& worker_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer woken_;
  const std::string peer_;
  InputBuffer input_;
  RequestParser parser_;
  BodyShare body_share_;

  // The current exchange.
  Wait wait_ = Wait::request;
  SteadyTime waiting_since_{};
  SteadyTime deadline_{};
  SteadyTime started_{};
  bool expired_ = false;  // The sweep ended the wait.
  std::optional<Router::Found> found_;
  Query query_;
  std::optional<Response> refusal_;
  std::size_t body_bytes_max_ = 0;
  std::shared_ptr<Exchange> exchange_;
  bool is_head_ = false;  // Its answer has no body.
  std::string_view method_label_;

  // The connection.
  bool first_ = true;    // No request has come yet.
  bool close_ = false;   // The next answer is the last one.
  bool unread_ = false;  // The client may still be sending what nobody will read.
  bool gone_ = false;    // There is nobody to answer.
};

}  // namespace tidemark::http
