#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/ip_address.h"

namespace tidemark::http {

/// Which addresses a request may go to, so that nobody can use us to reach what only we can
/// (server-side request forgery). Refused are all special-purpose ranges of the IANA registries
/// (RFC 6890 and its updates): loopback, private, link-local, shared, documentation, benchmarking,
/// multicast, reserved; IPv6 outside of global unicast, and the ranges that carry IPv4 inside
/// (6to4, Teredo, NAT64); the metadata services of clouds. What an operator allows comes first.
/// A value; pure.
class AddressPolicy {
 public:
  /// Allows nothing special.
  AddressPolicy() = default;
  explicit AddressPolicy(std::vector<Cidr> allowed) : allowed_(std::move(allowed)) {}
  /// Ranges as configured. Errors: as Cidr::parse.
  [[nodiscard]] static Result<AddressPolicy> allowing(const std::vector<std::string>& ranges);

  /// nullopt: it may be connected to. Else what it is: `loopback`, `private network`.
  [[nodiscard]] std::optional<std::string_view> refusal(const IpAddress& address) const;

 private:
  std::vector<Cidr> allowed_;
};

}  // namespace tidemark::http
