#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "redis/reply.h"
#include "redis/url.h"

namespace tidemark::redis {

struct ConnectOptions {
  std::chrono::milliseconds connect_timeout{2'000};
  /// How long a command may take beyond what it is told to wait itself.
  std::chrono::milliseconds answer_timeout{5'000};
};

/// One connection to a Redis of version 6.2 or later; hiredis reads its answers. Not thread-safe.
/// SIGPIPE must be blocked or ignored.
///
/// Errors of all calls: unreachable and timeout (the connection is broken from then on: open a new
/// one), unauthorized (login or grants), query with the server's own words in `what` (`NOGROUP …`).
class Connection {
 public:
  /// Connects, logs in, chooses the database. Waits at most for the two timeouts. Errors: also
  /// invalid_config for a file of the TLS settings that cannot be used.
  [[nodiscard]] static Result<Connection> open(const Url& url, const ConnectOptions& options = {});
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  /// Sends a command and waits for its answer. `blocks`: how long the command itself may wait.
  [[nodiscard]] Result<Reply> command(std::span<const std::string_view> words,
                                      std::chrono::milliseconds blocks = {});

  /// A message that comes unasked, after SUBSCRIBE; nullopt when none came in time.
  [[nodiscard]] Result<std::optional<Reply>> receive(std::chrono::milliseconds patience);
  /// For poll(): readable when receive() has something to read.
  [[nodiscard]] int descriptor() const;

 private:
  class Context;
  explicit Connection(std::unique_ptr<Context> context);
  std::unique_ptr<Context> context_;
};

/// Is this the answer to a command on a group that is not there (any more)? Redis forgets groups
/// with FLUSHALL, DEL, XGROUP DESTROY, and with a restart that lost its data.
[[nodiscard]] bool is_group_missing(const Error& error);

}  // namespace tidemark::redis
