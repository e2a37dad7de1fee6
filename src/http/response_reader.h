#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/headers.h"

namespace tidemark::http {

/// Reads one answer of HTTP/1.1 or 1.0 (RFC 9112) from bytes as they come. Lenient where receivers
/// err harmlessly (bare line feeds, fields without a colon, which are left out), strict where the
/// end of the answer is at stake. Interim answers (1xx) and what follows a chunked body are read
/// and dropped. Not thread-safe, never waits, knows nothing of sockets.
class ResponseReader {
 public:
  enum class Stage {
    head,
    body,
    complete,
    broken,  ///< Before the head was whole: no answer. fault() says why.
  };
  enum class Fault {
    none,
    ended,      ///< The connection did, in the middle of the head or before it.
    not_http,   ///< Grammar, or a framing that cannot be understood.
    too_large,  ///< All header fields together: more than header_bytes_max.
  };

  /// `to_head`: the answer to a HEAD, which has no body whatever it says. Of the body
  /// `body_bytes_max` are kept; a longer one is truncated, and complete in the middle.
  ResponseReader(bool to_head, std::size_t header_bytes_max, std::size_t body_bytes_max)
      : to_head_(to_head), header_bytes_max_(header_bytes_max), body_bytes_max_(body_bytes_max) {}

  /// Takes bytes, up to the end of the answer; returns how many belong to it.
  std::size_t read(std::string_view bytes);
  /// The connection has ended. `cut`: not by the other side's orderly close, so that more of a body
  /// without a length may have been on its way.
  void end(bool cut = false);

  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] Fault fault() const { return fault_; }
  /// Nothing at all has come.
  [[nodiscard]] bool untouched() const { return untouched_; }
  /// From stage body on; 0 before.
  [[nodiscard]] int status() const { return head_done_ ? status_ : 0; }
  [[nodiscard]] bool truncated() const { return truncated_; }
  /// Complete, and the connection may be used again.
  [[nodiscard]] bool keep_alive() const {
    return stage_ == Stage::complete && keep_alive_ && !truncated_;
  }

  /// Both are moved out.
  [[nodiscard]] Headers take_headers() { return std::move(headers_); }
  [[nodiscard]] std::string take_body() { return std::move(body_); }

 private:
  enum class Part {
    status_line,
    field,
    sized,
    upto_end,
    chunk_size,
    chunk,
    chunk_end,
    trailer,
  };

  [[nodiscard]] std::string_view take_line(std::string_view bytes);
  void on_line(std::string_view line);
  void on_status_line(std::string_view line);
  void on_field(std::string_view line);
  void on_length(std::string_view value);
  void on_head();
  void on_chunk_size(std::string_view line);
  [[nodiscard]] std::string_view take_content(std::string_view bytes);
  void fail(Fault fault);

  const bool to_head_;
  const std::size_t header_bytes_max_;
  const std::size_t body_bytes_max_;
  Stage stage_ = Stage::head;
  Fault fault_ = Fault::none;
  Part part_ = Part::status_line;
  bool untouched_ = true;
  bool head_done_ = false;
  bool truncated_ = false;
  bool keep_alive_ = false;
  bool coded_ = false;    ///< There is a Transfer-Encoding.
  bool chunked_ = false;  ///< Its last one is `chunked`.
  std::optional<std::uint64_t> length_;
  std::uint64_t left_ = 0;  ///< Of the body or the chunk.
  int status_ = 0;
  std::size_t header_bytes_ = 0;
  std::string line_;  ///< The beginning of one that is not whole yet.
  Headers headers_;
  std::string body_;
};

}  // namespace tidemark::http
