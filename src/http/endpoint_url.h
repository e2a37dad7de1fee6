#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/address_policy.h"

namespace tidemark::http {

/// Where requests go, taken apart by the same parser that will send them (libcurl's), so that
/// the check and the request cannot disagree.
struct EndpointUrl {
  bool tls;
  std::string host;  ///< Without brackets, lower case for addresses: `127.0.0.1`, `::1`.
  std::uint16_t port;
};

/// Checks a URL when it is configured: `http://` or `https://`, a host, a port that no other
/// protocol is known for, no user, no password, no fragment, at most endpoint_url_bytes_max. A host
/// that is an address (in any notation) or localhost must please the policy now; a name is judged
/// by the addresses it has when it is connected to.
/// Errors: invalid_config. The text repeats the URL's host only: the rest may hold secrets.
[[nodiscard]] Result<EndpointUrl> check_endpoint_url(std::string_view url,
                                                     const AddressPolicy& policy);

constexpr std::size_t endpoint_url_bytes_max = 2048;

}  // namespace tidemark::http
