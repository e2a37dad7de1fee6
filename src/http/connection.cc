#include "http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "http/mailbox.h"
#include "http/problem.h"
#include "http/response_head.h"
#include "http/worker.h"

namespace tidemark::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

/// One read of a head, and the most of one read of a body.
constexpr std::size_t head_read_bytes = std::size_t{4} << 10;
constexpr std::size_t body_read_bytes = std::size_t{64} << 10;
/// What a client may still send after a refusal until it has read it (see say_farewell).
constexpr auto farewell_time = 2s;
constexpr std::size_t farewell_bytes_max = std::size_t{16} << 20;
/// The slowest reader that is waited for, beyond write_timeout.
constexpr std::size_t write_bytes_per_second = std::size_t{64} << 10;

[[nodiscard]] std::string peer_of(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto end = socket.remote_endpoint(error);
  if (error) return "unknown";
  auto address = end.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address.to_string();
}

/// A label of ours for a method: its set of values is bounded, its memory permanent.
[[nodiscard]] std::string_view label_of(std::string_view method) {
  constexpr std::array<std::string_view, 7> usual = {"GET",   "HEAD",   "POST",   "PUT",
                                                     "PATCH", "DELETE", "OPTIONS"};
  const auto found = std::ranges::find(usual, method);
  return found == usual.end() ? "other" : *found;
}

[[nodiscard]] Response overloaded() {
  Response response =
      problem(503, "overloaded",
              {"the server has all it can carry; try again", "服务器已满负荷，请稍后重试"});
  response.headers.add("Retry-After", "1");
  return response;
}

[[nodiscard]] bool is_media_type(std::string_view content_type, std::string_view wanted) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  return equal_fold(type, wanted);
}

}  // namespace

Connection::Connection(Worker& worker, asio::ip::tcp::socket socket)
    : worker_(worker),
      socket_(std::move(socket)),
      woken_(worker.io(), asio::steady_timer::time_point::max()),
      peer_(peer_of(socket_)),
      input_(worker.context().options.header_bytes_max + body_read_bytes),
      parser_(worker.context().options.header_bytes_max),
      body_share_(worker.context()) {
  error_code ignored;  // A socket that is broken already shows it at the first read.
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Connection::~Connection() {
  if (exchange_) exchange_->connection = nullptr;
}

asio::awaitable<void> Connection::serve() {
  while (!gone_ && !close_) {
    begin_exchange();
    co_await read(Upto::head);
    if (gone_) break;
    if (!refusal_) route();
    if (!close_ || !refusal_) {
      co_await invite_body();
      co_await read(Upto::body);
    }
    co_await answer();
    body_share_.release();
  }
  if (unread_ && !gone_) co_await say_farewell();
  error_code ignored;
  socket_.close(ignored);
}

void Connection::begin_exchange() {
  const ServerOptions& options = worker_.context().options;
  parser_.begin();
  found_.reset();
  refusal_.reset();
  body_bytes_max_ = options.body_bytes_max;
  is_head_ = false;
  method_label_ = "other";
  wait_for(Wait::request, first_ ? options.header_timeout : options.idle_timeout);
  started_ = waiting_since_;
  if (!input_.empty()) {
    wait_for(Wait::head, options.header_timeout);
  } else if (worker_.draining()) {
    gone_ = true;
  } else {
    input_.shrink();
  }
}

void Connection::wait_for(Wait wait, std::chrono::milliseconds timeout) {
  wait_ = wait;
  expired_ = false;
  waiting_since_ = worker_.context().clock.steady();
  deadline_ = waiting_since_ + timeout;
}

void Connection::sweep(SteadyTime now, bool crowded) {
  const bool in_the_way = crowded && wait_ == Wait::request && now >= waiting_since_ + 1s;
  if (now < deadline_ && !in_the_way) return;
  expired_ = true;
  if (wait_ == Wait::answer) {
    woken_.cancel();
  } else {
    error_code ignored;
    socket_.cancel(ignored);
  }
}

void Connection::drain() {
  if (wait_ != Wait::request) return;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::abort() {
  gone_ = true;
  woken_.cancel();
  error_code ignored;
  socket_.close(ignored);
}

asio::awaitable<void> Connection::read(Upto upto) {
  while (!gone_ && !parse(upto)) {
    const std::size_t wanted = upto == Upto::head ? head_read_bytes : body_read_bytes;
    const auto room = input_.room(wanted);
    const asio::mutable_buffer space(room.data(), room.size());
    const auto [error, count] = co_await socket_.async_read_some(space, token);
    if (error) {
      read_failed();
      co_return;
    }
    input_.came(count);
    first_ = false;
    if (wait_ == Wait::request) {
      wait_for(Wait::head, worker_.context().options.header_timeout);
      started_ = waiting_since_;
    }
  }
}

/// The client left, or the sweep or a stop ended the wait.
void Connection::read_failed() {
  if (expired_ && (wait_ == Wait::head || wait_ == Wait::body)) {
    refuse(
        problem(408, "timeout",
                wait_ == Wait::head ? Message{"the request line and fields did not come in time",
                                              "请求行和字段未及时到达"}
                                    : Message{"the body did not come in time", "请求体未及时到达"}),
        true);
  } else {
    gone_ = true;
  }
}

/// True when there is nothing more to read, or no use in it.
bool Connection::parse(Upto upto) {
  while (true) {
    const auto stage = parser_.stage();
    if (stage == RequestParser::Stage::complete) return true;
    if (upto == Upto::head && stage == RequestParser::Stage::body) return true;
    if (input_.empty()) return false;
    const RequestParser::Step step = parser_.read(input_.bytes());
    input_.use(step.used);
    if (step.fault) {
      refuse(*step.fault);
      return true;
    }
    if (!body_share_.grow_to(parser_.body().size())) {
      refuse(overloaded(), true);
      return true;
    }
    if (step.used == 0) return false;
  }
}

void Connection::refuse(Response response, bool close) {
  refusal_ = std::move(response);
  if (!close) return;
  close_ = true;
  unread_ = true;
}

void Connection::refuse(RequestFault fault) {
  switch (fault) {
    case RequestFault::malformed:
      return refuse(problem(400, "malformed_request",
                            {"this is not a request of HTTP/1.1", "请求不符合 HTTP/1.1"}),
                    true);
    case RequestFault::headers_too_large:
      return refuse(problem(431, "headers_too_large",
                            say({"request line and fields: at most {} bytes, {} fields",
                                 "请求行和字段最多 {} 字节、{} 个字段"},
                                worker_.context().options.header_bytes_max, header_fields_max)),
                    true);
    case RequestFault::body_too_large:
      return refuse(problem(413, "body_too_large",
                            say({"at most {} bytes here", "此处最多 {} 字节"}, body_bytes_max_)),
                    true);
  }
}

/// Finds the handler, or what to say instead.
void Connection::route() {
  const RequestHead& head = parser_.head();
  close_ = !head.keep_alive;
  is_head_ = head.method == "HEAD";
  method_label_ = label_of(head.method);
  auto target = parse_target(head.target);
  if (!target || (target->asterisk && head.method != "OPTIONS"))
    return refuse(
        problem(400, "malformed_request", {"the target cannot be understood", "无法理解请求目标"}),
        true);
  static const RouteOptions none;
  const RouteOptions* limits = &none;
  auto match = worker_.context().router.match(head.method, target->segments);
  if (auto* found = std::get_if<Router::Found>(&match)) {
    limits = &found->route->options;
    found_ = std::move(*found);
    query_ = std::move(target->query);
    if (!admit(*limits)) return;
  } else if (target->asterisk) {
    refuse({.status = 204, .headers = {}}, false);
  } else if (const auto* others = std::get_if<Router::OtherMethods>(&match)) {
    Response response =
        head.method == "OPTIONS"
            ? Response{.status = 204}
            : problem(405, "method_not_allowed",
                      say({"this path answers to: {}", "此路径可用的方法：{}"}, others->allow));
    response.headers.add("Allow", others->allow);
    refuse(std::move(response), false);
  } else {
    refuse(problem(404, "not_found", {"there is nothing at this path", "此路径下没有内容"}), false);
  }
  check_body(*limits);
}

bool Connection::admit(const RouteOptions& limits) {
  if (!limits.admit) return true;
  const RequestHead& head = parser_.head();
  auto refusal = limits.admit(head.headers);
  if (!refusal) return true;
  // A body of a stranger is not read: the connection ends with the answer.
  refuse(*std::move(refusal), head.chunked || head.content_length.value_or(0) > 0);
  return false;
}

/// May the body come?
void Connection::check_body(const RouteOptions& limits) {
  const RequestHead& head = parser_.head();
  const bool has_body = head.chunked || head.content_length.value_or(0) > 0;
  if (limits.body_bytes_max) body_bytes_max_ = *limits.body_bytes_max;
  parser_.allow_body(body_bytes_max_);
  if (head.content_length.value_or(0) > body_bytes_max_)
    return refuse(RequestFault::body_too_large);
  const auto expected = head.headers.find("Expect");
  if (expected && !equal_fold(*expected, "100-continue"))
    return refuse(problem(417, "expectation_failed",
                          {"only 100-continue is understood", "只支持 100-continue"}),
                  true);
  if (refusal_ && has_body && head.expects_continue) return refuse(*std::move(refusal_), true);
  if (has_body && !refusal_ && !limits.media_types.empty()) {
    const std::string_view type = head.headers.find("Content-Type").value_or("");
    const auto fits = [&](const std::string& wanted) { return is_media_type(type, wanted); };
    if (std::ranges::none_of(limits.media_types, fits))
      return refuse(problem(415, "unsupported_media_type",
                            say({"the body must be {0}", "请求体必须是 {1}"},
                                fmt::format("{}", fmt::join(limits.media_types, " or ")),
                                fmt::format("{}", fmt::join(limits.media_types, " 或 ")))),
                    head.expects_continue);
  }
  if (!body_share_.grow_to(static_cast<std::size_t>(head.content_length.value_or(0))))
    return refuse(overloaded(), true);
}

/// Starts the clock of the body, and says that it may come to a client that waits to hear so.
asio::awaitable<void> Connection::invite_body() {
  if (parser_.stage() == RequestParser::Stage::complete) co_return;
  if (parser_.head().expects_continue && input_.empty() && !refusal_) {
    wait_for(Wait::write, worker_.context().options.write_timeout);
    co_await send("HTTP/1.1 100 Continue\r\n\r\n", {});
  }
  wait_for(Wait::body, worker_.context().options.body_timeout);
}

asio::awaitable<void> Connection::answer() {
  const std::size_t body_bytes_in = parser_.body().size();
  int status = 0;
  std::size_t body_bytes_out = 0;
  if (!gone_) {
    Response response;
    if (refusal_) {
      response = *std::move(refusal_);
    } else {
      response = co_await ask_handler();
    }
    if (!is_sendable(response)) {
      log_line(LogLevel::error, "http: a handler's response could not be sent as it is");
      response =
          problem(500, "internal_error", {"the response was not fit to be sent", "应答无法发送"});
    }
    const bool bodiless = is_head_ || has_no_body(response.status);
    body_bytes_out = bodiless ? 0 : response.content().size();
    const int answered = response.status;
    if (!gone_) co_await write(std::move(response));
    if (!gone_) status = answered;
  }
  const auto& finished = worker_.context().options.finished;
  if (!finished) co_return;
  const SteadyTime now = worker_.context().clock.steady();
  finished({.method = method_label_,
            .pattern = found_ ? std::string_view(found_->route->pattern) : std::string_view(),
            .status = status,
            .duration = std::chrono::duration_cast<std::chrono::microseconds>(now - started_),
            .body_bytes_in = body_bytes_in,
            .body_bytes_out = status == 0 ? 0 : body_bytes_out});
}

asio::awaitable<Response> Connection::ask_handler() {
  exchange_ =
      std::make_shared<Exchange>(Exchange{.mailbox = worker_.mailbox(), .connection = this});
  wait_for(Wait::answer, worker_.context().options.answer_timeout);
  try {
    found_->route->handler(take_request(), respond_to(exchange_));
  } catch (const std::exception& failure) {
    // Its Respond was destroyed on the way, so that the answer is there.
    log_line(LogLevel::error,
             fmt::format("http: {}: {}", found_->route->pattern, printable(failure.what())));
  }
  if (!exchange_->answer) static_cast<void>(co_await woken_.async_wait(token));
  const auto exchange = std::exchange(exchange_, nullptr);
  exchange->connection = nullptr;
  if (exchange->answer) co_return *std::move(exchange->answer);
  Response late =
      problem(503, "answer_timeout",
              {"the work took too long; it may still be done", "处理超时，但仍可能完成"});
  late.headers.add("Retry-After", "1");
  co_return late;
}

Request Connection::take_request() {
  RequestHead head = parser_.take_head();
  return {.method = std::move(head.method),
          .target = std::move(head.target),
          .pattern = found_->route->pattern,
          .captures = std::move(found_->captures),
          .query = std::exchange(query_, {}),
          .headers = std::move(head.headers),
          .body = parser_.take_body(),
          .peer = peer_};
}

asio::awaitable<void> Connection::write(Response response) {
  close_ = close_ || worker_.draining();
  const std::string head = response_head(response, worker_.date(), close_);
  const std::string_view body =
      is_head_ || has_no_body(response.status) ? std::string_view() : response.content();
  const auto slow = std::chrono::seconds(body.size() / write_bytes_per_second);
  wait_for(Wait::write, worker_.context().options.write_timeout + slow);
  co_await send(head, body);
}

/// At once if the socket takes it, which it nearly always does.
asio::awaitable<void> Connection::send(std::string_view head, std::string_view body) {
  const std::array<asio::const_buffer, 2> whole = {asio::buffer(head), asio::buffer(body)};
  error_code error;
  const std::size_t sent = socket_.write_some(whole, error);
  if (!error && sent == head.size() + body.size()) co_return;
  if (error && error != asio::error::would_block) {
    gone_ = true;
    co_return;
  }
  const std::array<asio::const_buffer, 2> rest = {
      whole[0] + sent, whole[1] + (sent > head.size() ? sent - head.size() : 0)};
  const auto [failed, count] = co_await asio::async_write(socket_, rest, token);
  if (failed) gone_ = true;
}

/// Closing a socket with unread input resets the connection, and the reset may overtake our answer
/// on its way to the client (RFC 9112 9.6): first say that nothing more comes, then read a while.
asio::awaitable<void> Connection::say_farewell() {
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  wait_for(Wait::farewell, farewell_time);
  std::string dropped(body_read_bytes, '\0');
  for (std::size_t bytes = 0; bytes < farewell_bytes_max && !error && !expired_ && !gone_;) {
    const auto [failed, count] = co_await socket_.async_read_some(asio::buffer(dropped), token);
    error = failed;
    bytes += count;
  }
}

}  // namespace tidemark::http
