#include "export/content_hash.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>

namespace tidemark::exporter {

ContentHash content_hash(std::string_view payload) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(payload.data(), payload.size()));
  ContentHash hash;
  static_assert(sizeof(canonical.digest) == sizeof(hash.bytes));
  std::memcpy(hash.bytes.data(), canonical.digest, hash.bytes.size());
  return hash;
}

ContentHash content_hash_from(std::string_view stored) {
  ContentHash hash;
  if (stored.size() == hash.bytes.size()) {
    std::memcpy(hash.bytes.data(), stored.data(), stored.size());
  }
  return hash;
}

std::int64_t hash64(std::string_view bytes) {
  return static_cast<std::int64_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

std::string short_hash(std::string_view bytes, std::uint64_t attempt) {
  return fmt::format("{:08x}",
                     XXH3_64bits_withSeed(bytes.data(), bytes.size(), attempt) & 0xffffffff);
}

}  // namespace tidemark::exporter
