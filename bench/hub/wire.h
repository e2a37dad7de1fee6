#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace tidemark::bench {

/// As little HTTP/1.1 as a load generator needs, so that it takes little of the machine that it
/// measures. Both sides are ours or well known; what they do not send is not understood.

/// The beginning of `text` up to its empty line, and how many bytes of body follow it.
struct Head {
  std::string_view lines;
  std::size_t body_bytes = 0;
};

/// nullopt: the head is not whole yet.
[[nodiscard]] std::optional<Head> read_head(std::string_view text);

/// The field's value; empty without one. `name` in small letters.
[[nodiscard]] std::string_view field_of(std::string_view head, std::string_view name);

/// Whole messages out of what a socket gives.
class Incoming {
 public:
  /// Reads what is there. False when the peer is gone.
  [[nodiscard]] bool read(int fd);
  [[nodiscard]] std::string_view bytes() const {
    return std::string_view(store_).substr(begin_, end_ - begin_);
  }
  void use(std::size_t count);

 private:
  std::string store_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// Writes all of it, waiting if it must: a load generator has nothing better to do. Dies when the
/// peer is gone.
void write_all(int fd, std::string_view bytes);

/// A connection to 127.0.0.1, non-blocking. Dies when there is none.
[[nodiscard]] UniqueFd connect_to(std::uint16_t port);

/// A socket bound to a free port of 127.0.0.1, which does not listen yet.
[[nodiscard]] UniqueFd bind_any(std::uint16_t& port);

/// CLOCK_MONOTONIC in nanoseconds: the same clock for all processes of a machine, and for Python's
/// time.monotonic_ns().
[[nodiscard]] std::int64_t now_ns();

/// This process's own, user and system.
[[nodiscard]] double cpu_seconds();

}  // namespace tidemark::bench
