#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::http {

/// What HMAC-SHA256 gives: 32 bytes.
using Mac = std::array<std::uint8_t, 32>;

/// HMAC-SHA256 (RFC 2104, FIPS 180-4). Any key, any message.
[[nodiscard]] Mac hmac_sha256(std::string_view key, std::string_view message);

/// Takes the same time wherever the two differ.
[[nodiscard]] bool equal_in_constant_time(const Mac& a, const Mac& b);

/// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string mac_hex(const Mac& mac);
/// Exactly 64 hexadecimal digits of either case, else nullopt.
[[nodiscard]] std::optional<Mac> mac_from_hex(std::string_view text);

/// 44 characters of standard base64.
[[nodiscard]] std::string mac_base64(const Mac& mac);
/// Exactly 32 bytes in strict base64 (base/base64.h), else nullopt.
[[nodiscard]] std::optional<Mac> mac_from_base64(std::string_view text);

}  // namespace tidemark::http
