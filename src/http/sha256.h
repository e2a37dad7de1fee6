#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace tidemark::http {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4) of the parts, one after the other. OpenSSL's state is kept for the next
/// call on this thread: making it costs more than the hash of a kilobyte.
[[nodiscard]] Sha256Digest sha256(std::initializer_list<std::string_view> parts);

}  // namespace tidemark::http
