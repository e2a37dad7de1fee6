#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::http {

/// An IPv4 or IPv6 address. IPv4 mapped into IPv6 (`::ffff:10.0.0.1`) is the IPv4 address, since
/// that is where its packets go. A value.
class IpAddress {
 public:
  /// `192.0.2.1`, `2001:db8::1`; no brackets, no zone, no other notations of IPv4.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  /// nullopt for any other family, or if `length` is too short for it.
  [[nodiscard]] static std::optional<IpAddress> of(const sockaddr* address, std::size_t length);

  [[nodiscard]] bool is_v4() const { return v4_; }
  [[nodiscard]] unsigned bits() const { return v4_ ? 32 : 128; }
  [[nodiscard]] std::string text() const;
  /// The first `prefix` bits, zeros after them.
  [[nodiscard]] IpAddress masked(unsigned prefix) const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  [[nodiscard]] IpAddress unmapped() const;

  std::array<std::uint8_t, 16> bytes_{};  // IPv4 in the first four.
  bool v4_ = false;
};

/// A range of addresses.
struct Cidr {
  IpAddress network;
  unsigned prefix = 0;

  /// `10.0.0.0/8`, `fd00::/8`; an address alone is a range of one. Errors: invalid_config for
  /// anything else, also for bits behind the prefix (`10.1.2.3/8` is a slip).
  [[nodiscard]] static Result<Cidr> parse(std::string_view text);

  [[nodiscard]] bool contains(const IpAddress& address) const {
    return address.is_v4() == network.is_v4() && address.masked(prefix) == network;
  }
  [[nodiscard]] std::string text() const;
};

}  // namespace tidemark::http
