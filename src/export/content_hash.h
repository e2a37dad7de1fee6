#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::exporter {

/// XXH3 128 of a payload's bytes: tells whether a file still has the content of its row. Not meant
/// against a forger (docs/decisions/0003-content-hash.md).
struct ContentHash {
  std::array<char, 16> bytes{};

  [[nodiscard]] std::string_view view() const { return {bytes.data(), bytes.size()}; }
  friend bool operator==(const ContentHash&, const ContentHash&) = default;
  friend auto operator<=>(const ContentHash&, const ContentHash&) = default;
};

[[nodiscard]] ContentHash content_hash(std::string_view payload);
/// 16 bytes as stored; anything else gives the all-zero hash, which no content has in practice.
[[nodiscard]] ContentHash content_hash_from(std::string_view stored);

/// XXH3 64 as a signed number, which is what SQLite stores.
[[nodiscard]] std::int64_t hash64(std::string_view bytes);

/// 8 hex digits; `attempt` gives other digits for the same bytes.
[[nodiscard]] std::string short_hash(std::string_view bytes, std::uint64_t attempt = 0);

}  // namespace tidemark::exporter
