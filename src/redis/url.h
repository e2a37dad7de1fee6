#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "redis/tls.h"

namespace tidemark::redis {

inline constexpr int default_port = 6379;

/// Where a Redis is: `redis://[[user]:password@]host[:port][/db]` (IANA's `redis` scheme; a host in
/// brackets is IPv6), `rediss://…` for the same in TLS (IANA), or
/// `unix://[[user]:password@]/path/to/socket[?db=N]` as redis-py writes it. User, password and path
/// are percent-decoded.
struct Url {
  std::string host;  ///< Empty: `socket` it is.
  int port = default_port;
  std::string socket;  ///< Path of a Unix socket.
  std::string user;    ///< Empty: the default user.
  std::optional<std::string> password{};
  int database = 0;
  bool tls = false;      ///< `rediss://`
  TlsFiles tls_files{};  ///< Not of the URL: whoever connects fills them in.

  /// Errors: invalid_config, naming what is wrong; the text never carries the password.
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  /// For people and logs; a password prints as `***`.
  [[nodiscard]] std::string redacted() const;
};

}  // namespace tidemark::redis
