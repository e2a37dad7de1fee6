#include "http/hmac.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/base64.h"
#include "base/bytes.h"
#include "http/sha256.h"

namespace tidemark::http {
namespace {

constexpr std::size_t block_bytes = 64;  // Of SHA-256.
constexpr std::uint8_t inner_byte = 0x36;
constexpr std::uint8_t outer_byte = 0x5c;

template <std::size_t size>
std::string_view text_of(const std::array<std::uint8_t, size>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
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
  // RFC 2104 over our own SHA-256: OpenSSL's HMAC() looks up its algorithm and makes its state at
  // every call, which costs more than the hash of a delivery.
  std::array<std::uint8_t, block_bytes> pad{};
  if (key.size() <= pad.size())
    std::ranges::copy(key, pad.begin());
  else
    std::ranges::copy(sha256({key}), pad.begin());
  for (std::uint8_t& byte : pad) byte ^= inner_byte;
  const Mac inner = sha256({text_of(pad), message});
  for (std::uint8_t& byte : pad) byte ^= inner_byte ^ outer_byte;
  const Mac mac = sha256({text_of(pad), text_of(inner)});
  OPENSSL_cleanse(pad.data(), pad.size());
  return mac;
}

bool equal_in_constant_time(const Mac& a, const Mac& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string mac_hex(const Mac& mac) { return hex(text_of(mac)); }

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

std::string mac_base64(const Mac& mac) { return base64(text_of(mac)); }

std::optional<Mac> mac_from_base64(std::string_view text) {
  const auto bytes = base64_decoded(text);
  Mac mac{};
  if (!bytes || bytes->size() != mac.size()) return std::nullopt;
  std::ranges::transform(*bytes, mac.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return mac;
}

}  // namespace tidemark::http
