#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::relay {

/// Seals secrets at rest: AES-256-GCM (NIST SP 800-38D) with a fresh random nonce each time.
/// Thread-safe; copies share nothing. The key is wiped when the box goes.
class SecretBox {
 public:
  /// `key`: 32 bytes in base64, from TIDEMARK_MASTER_KEY. Errors: invalid_config.
  [[nodiscard]] static Result<SecretBox> from_base64(std::string_view key);
  /// Reads the key from `file`, base64 and a newline, or makes one there (mode 0600, durable) if
  /// there is none. Of two processes that make it at once, both get the one that is kept.
  /// Errors: unauthorized when others may read or change the file; corrupt when it holds something
  /// else; not_found without its folder; no_space, io.
  [[nodiscard]] static Result<SecretBox> from_file(const std::filesystem::path& file);

  /// `v1:` and base64 of nonce, ciphertext and tag. `context` is authenticated, not stored: a
  /// sealed text moved to another row does not open. Errors: io when the system has no randomness.
  [[nodiscard]] Result<std::string> seal(std::string_view plain, std::string_view context) const;
  /// Errors: corrupt, when key, context or text do not fit.
  [[nodiscard]] Result<std::string> open(std::string_view sealed, std::string_view context) const;

  SecretBox(const SecretBox&) = default;
  SecretBox& operator=(const SecretBox&) = default;
  ~SecretBox();

 private:
  explicit SecretBox(std::array<std::uint8_t, 32> key) : key_(key) {}
  std::array<std::uint8_t, 32> key_;
};

}  // namespace tidemark::relay
