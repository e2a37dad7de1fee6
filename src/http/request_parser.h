#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/headers.h"

namespace tidemark::http {

/// What is wrong with a request.
enum class RequestFault {
  malformed,          ///< Grammar, or a framing that two readers could understand differently.
  headers_too_large,  ///< Request line and fields together, or their number.
  body_too_large,
};

/// Everything before the body.
struct RequestHead {
  std::string method;
  std::string target;
  Headers headers;
  std::optional<std::uint64_t> content_length;  ///< nullopt: no body, or chunked.
  bool chunked = false;
  bool keep_alive = false;        ///< The client wants to send more on this connection.
  bool expects_continue = false;  ///< `Expect: 100-continue`: it waits for our word.
};

/// Reads requests of HTTP/1.1 and 1.0 (RFC 9112) from bytes as they come, one after the other on a
/// connection. Stricter than the grammar where leniency lets two servers disagree about where a
/// request ends: Content-Length twice or together with Transfer-Encoding, any coding but `chunked`,
/// a missing or second Host, a bare line feed are refused. Fields after a chunked body are dropped.
/// Not thread-safe, never waits, knows nothing of sockets.
class RequestParser {
 public:
  /// `header_bytes_max` also bounds a chunk's line and what follows the last chunk.
  explicit RequestParser(std::size_t header_bytes_max);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  enum class Stage { head, body, complete };

  struct Step {
    std::size_t used;  ///< Bytes of the input that are done with.
    std::optional<RequestFault> fault;
  };

  /// Reads as much as it can, but not beyond the end of the head or of the request; what it did not
  /// use must be given again, with more behind it. After a fault only begin() may follow.
  [[nodiscard]] Step read(std::string_view input);
  [[nodiscard]] Stage stage() const;

  /// Once the stage is body or complete.
  [[nodiscard]] const RequestHead& head() const;
  /// Before the body is read; without it a body may have no byte.
  void allow_body(std::uint64_t bytes_max);
  /// What has come of the body.
  [[nodiscard]] const std::string& body() const;

  /// Both are moved out once the stage is complete.
  [[nodiscard]] RequestHead take_head();
  [[nodiscard]] std::string take_body();

  /// Forgets all and waits for the next request.
  void begin();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Fields of one request; more are headers_too_large.
constexpr std::size_t header_fields_max = 100;

}  // namespace tidemark::http
