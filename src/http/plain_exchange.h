#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "http/client.h"
#include "http/ip_address.h"
#include "http/plain_target.h"
#include "http/response_reader.h"

namespace tidemark::http {

/// One request of plain HTTP/1.1 and what comes back, without its connection.
class PlainExchange {
 public:
  using Time = std::chrono::steady_clock::time_point;

  PlainExchange(ClientRequest request, ClientDone done, std::shared_ptr<const PlainTarget> target,
                std::string_view user_agent, Time now);
  PlainExchange(const PlainExchange&) = delete;
  PlainExchange& operator=(const PlainExchange&) = delete;

  /// A response means that it cannot be sent as it is.
  [[nodiscard]] std::optional<ClientResponse> check() const;

  [[nodiscard]] const ClientRequest& request() const { return request_; }
  [[nodiscard]] const std::string& origin() const { return target_->origin; }
  [[nodiscard]] Time deadline() const { return deadline_; }
  [[nodiscard]] std::chrono::milliseconds time_left(Time now) const;
  [[nodiscard]] ClientDone take_done() { return std::move(done_); }

  /// Its connection is made, or an older one is free. Begins anew.
  void set_out(const IpAddress& peer, bool reused);
  void took(std::chrono::microseconds name_lookup, std::chrono::microseconds connect);

  enum class Progress {
    under_way,
    over,  ///< finish() says how.
    /// A kept connection had been closed before it took this request: send it on a new one.
    again,
  };
  /// Writes what the socket takes. A connection that has ended shows when it is read.
  void write(int fd);
  /// Whether anything more came shows when it is read; there is nothing else to wait for.
  [[nodiscard]] bool write_failed() const { return write_failed_; }
  [[nodiscard]] bool is_written() const { return written_ == head_.size() + body_bytes(); }
  /// Reads what the socket has.
  [[nodiscard]] Progress read(int fd, Time now);

  /// Nothing is left on the connection: it may take another request.
  [[nodiscard]] bool keeps_connection() const;
  [[nodiscard]] ClientResponse finish(Time now);
  /// What came until now. `why`: unless there is a status.
  [[nodiscard]] ClientResponse break_off(ClientError why, std::string text, Time now);

 private:
  [[nodiscard]] std::size_t body_bytes() const { return request_.body ? request_.body->size() : 0; }
  void write_head(std::string_view user_agent);
  [[nodiscard]] Progress ended(int code, bool cut);

  ClientRequest request_;
  ClientDone done_;
  std::shared_ptr<const PlainTarget> target_;
  Time started_;
  Time deadline_;
  std::string head_;
  std::size_t written_ = 0;
  bool write_failed_ = false;  ///< What the receiver said before it closed may still be there.
  int error_ = 0;              ///< errno of the connection's end.
  bool more_came_ = false;     ///< Behind the answer.
  std::optional<ResponseReader> reader_;
  ClientResponse response_;
};

}  // namespace tidemark::http
