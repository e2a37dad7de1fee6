#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "redis/tls.h"
#include "redis/url.h"

namespace tidemark::redis {

/// The bytes between us and a Redis: over TCP or a Unix socket, in TLS for `rediss://`. Not
/// thread-safe. SIGPIPE must be blocked or ignored.
/// Errors of all calls: unreachable (closed, broken), timeout; unauthorized when a certificate is
/// not believed. After one of them nothing more can be said.
class Channel {
 public:
  /// Connects, and shakes hands for TLS. Waits at most `patience` for each. Errors: also
  /// invalid_config for a file of the TLS settings that cannot be used.
  [[nodiscard]] static Result<Channel> open(const Url& url, std::chrono::milliseconds patience);
  ~Channel();
  Channel(Channel&&) noexcept = default;
  Channel& operator=(Channel&&) noexcept = default;

  /// All of it; waits up to `patience` whenever the other side takes nothing.
  [[nodiscard]] Result<void> write(std::string_view bytes, std::chrono::milliseconds patience);
  /// What has come, at least a byte; 0 when nothing came within `patience`.
  [[nodiscard]] Result<std::size_t> read(std::span<char> buffer,
                                         std::chrono::milliseconds patience);
  /// For poll(): readable when there may be something to read that read() has not met yet. Read
  /// until it gives 0 before polling.
  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] Result<void> begin_tls(const Url& url, std::chrono::milliseconds patience);

  UniqueFd fd_;
  OwnedSsl ssl_;  ///< None: plain.
};

}  // namespace tidemark::redis
