#include "http/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <limits>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/check.h"

namespace tidemark::http {
namespace {

std::string_view bytes_of(const Mac& mac) {
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

/// 0..15, or 16 for what is no digit.
std::uint8_t hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return 16;
}

}  // namespace

Mac hmac_sha256(std::string_view key, std::string_view message) {
  check(key.size() <= std::numeric_limits<int>::max(), "the key is shorter than 2 GiB");
  if (key.data() == nullptr) key = "";  // A null key would mean the one of the last time.
  Mac mac{};
  unsigned length = 0;
  const unsigned char* const done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                         reinterpret_cast<const unsigned char*>(message.data()),
                                         message.size(), mac.data(), &length);
  check(done != nullptr && length == mac.size(), "HMAC-SHA256 gives 32 bytes");
  return mac;
}

bool equal_in_constant_time(const Mac& a, const Mac& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string mac_hex(const Mac& mac) { return hex(bytes_of(mac)); }

std::optional<Mac> mac_from_hex(std::string_view text) {
  Mac mac{};
  if (text.size() != 2 * mac.size()) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const std::uint8_t high = hex_digit(text[2 * i]);
    const std::uint8_t low = hex_digit(text[2 * i + 1]);
    if (high > 15 || low > 15) return std::nullopt;
    mac[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return mac;
}

std::string mac_base64(const Mac& mac) { return base64(bytes_of(mac)); }

std::optional<Mac> mac_from_base64(std::string_view text) {
  const auto bytes = base64_decoded(text);
  Mac mac{};
  if (!bytes || bytes->size() != mac.size()) return std::nullopt;
  std::ranges::transform(*bytes, mac.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return mac;
}

}  // namespace tidemark::http
