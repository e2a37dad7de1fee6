#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_st;

namespace tidemark::redis {

/// How a `rediss://` server is believed, and believes us. Its certificate is always verified, and
/// so is that it is for the host of the URL.
struct TlsFiles {
  std::string ca_file{};           ///< PEM; empty: the system's authorities.
  std::string certificate_file{};  ///< PEM, ours; empty: none. With it goes `key_file`.
  std::string key_file{};          ///< PEM, without passphrase.
};

struct FreeSsl {
  void operator()(ssl_st* ssl) const;
};
using OwnedSsl = std::unique_ptr<ssl_st, FreeSsl>;

/// A client's end for `host`, a name or an address, not connected yet (TLS 1.2 or later). The files
/// are read now.
/// Errors: invalid_config, naming the file that cannot be used.
[[nodiscard]] Result<OwnedSsl> make_tls(const std::string& host, const TlsFiles& files);

/// Why the last operation on `ssl` failed, with the next step where one is known. `system`: errno
/// after the operation. Errors: unauthorized when a side does not believe the other's certificate,
/// else unreachable.
[[nodiscard]] Error tls_fault(const OwnedSsl& ssl, int system);

}  // namespace tidemark::redis
