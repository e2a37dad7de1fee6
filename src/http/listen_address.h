#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::http {

/// Where a server listens.
struct ListenAddress {
  std::string host;    ///< `127.0.0.1`, `::1` (no brackets), `localhost` (both), `*` (everywhere).
  std::uint16_t port;  ///< 0: any free one.

  /// `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`, `*:8000`. A name other than localhost is
  /// refused: what it means may change behind our back. Errors: invalid_config.
  [[nodiscard]] static Result<ListenAddress> parse(std::string_view text);

  /// As it is written: IPv6 in brackets.
  [[nodiscard]] std::string text() const;
};

}  // namespace tidemark::http
