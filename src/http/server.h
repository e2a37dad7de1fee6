#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/listen_address.h"
#include "http/router.h"

namespace tidemark::http {

/// One finished exchange, for metrics and the access log.
struct ExchangeReport {
  std::string_view method;   ///< One of the usual eight, or `other`: a bounded set of labels.
  std::string_view pattern;  ///< Of the route; empty if none was found.
  int status;                ///< 0: the client left before it could be answered.
  std::chrono::microseconds duration;  ///< From the first byte of the head to the last one sent.
  std::size_t body_bytes_in;
  std::size_t body_bytes_out;
};

struct ServerOptions {
  ListenAddress listen{.host = "127.0.0.1", .port = 8000};
  std::size_t threads = 2;
  std::size_t connections_max = 4096;  ///< One more gets 503 `overloaded` and is closed.
  std::size_t body_bytes_max = std::size_t{1} << 20;      ///< Of one request; a route may differ.
  std::size_t bodies_bytes_max = std::size_t{256} << 20;  ///< Of all bodies being read, together;
                                                          ///< beyond: 503 `overloaded`.
  std::size_t header_bytes_max = std::size_t{16} << 10;
  std::chrono::milliseconds header_timeout = std::chrono::seconds(10);  ///< Whole head.
  std::chrono::milliseconds body_timeout = std::chrono::seconds(30);    ///< Whole body.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(60);  ///< Between requests; 1 s at
                                                                      ///< most near the maximum.
  std::chrono::milliseconds answer_timeout = std::chrono::seconds(60);  ///< For the handler: 503.
  std::chrono::milliseconds write_timeout = std::chrono::seconds(30);   ///< And 1 s per 64 KiB.
  /// Called on an io thread after each exchange, many at a time; must not wait or throw.
  std::function<void(const ExchangeReport&)> finished{};
};

/// An HTTP/1.1 server: keep-alive, pipelined requests answered in order, every wait bounded.
/// Each connection lives on one of `threads` io threads, which share nothing per request. Deadlines
/// are checked by a sweep, so they may be late by a quarter of a second.
///
/// What goes wrong before a handler is asked is answered as a problem (problem.h) with the codes
/// malformed_request 400, not_found 404, method_not_allowed 405, timeout 408, body_too_large 413,
/// unsupported_media_type 415, expectation_failed 417, headers_too_large 431, internal_error 500
/// (a handler failed), overloaded 503.
///
/// start, stop and the destructor belong to the owner; they may run on different threads, one after
/// the other.
class Server {
 public:
  /// Binds, and serves from when it returns. `clock` must outlive the server.
  /// Errors: invalid_config when the address is taken, not of this machine, or needs privileges
  /// that we lack; io when the system has no more descriptors or threads.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(ServerOptions options, Router router,
                                                             const Clock& clock);
  ~Server();  ///< As stop(0).
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The port that is listened on, also if 0 was asked for.
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;

  /// Accepts nothing more, closes idle connections, lets requests in flight be answered, and cuts
  /// off what remains after `grace`. Returns when every thread has ended. Again: does nothing.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tidemark::http
