#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::http {

/// Why there is no answer.
enum class ClientError : std::uint8_t {
  none,
  econnrefused,      ///< Nobody listens there.
  etimedout,         ///< Not connected, or no answer, in time.
  econnreset,        ///< Broken off before an answer.
  ehostunreach,      ///< No way to that host or network.
  dns_error,         ///< The name has no address, or nobody could be asked.
  tls_error,         ///< No agreement, or a certificate that cannot be trusted.
  protocol_error,    ///< What came was not HTTP, or its header fields were endless.
  network_error,     ///< Anything else between us and the receiver.
  address_refused,   ///< The policy forbids its address.
  invalid_request,   ///< URL, method or a header field cannot be sent as it is.
  tls_file_error,    ///< Our CA, certificate or key file cannot be used.
  out_of_resources,  ///< No descriptor, memory or thread left here.
  cancelled,         ///< We stopped.
};

/// As it is stored and shown: `ECONNREFUSED`, `DNS_ERROR`; empty for none.
[[nodiscard]] std::string_view name(ClientError error);

/// What a system call on a connection said (errno).
[[nodiscard]] ClientError client_error_of(int code);

/// The fault is ours, not the receiver's or the network's: it is not charged for it.
[[nodiscard]] bool is_own_fault(ClientError error);

}  // namespace tidemark::http
