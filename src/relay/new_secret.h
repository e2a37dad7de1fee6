#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace tidemark::relay {

/// `size` bytes of the system's own generator (getrandom). Waits only right after the machine
/// started. Error: io.
[[nodiscard]] Result<std::string> secret_bytes(std::size_t size);

/// A secret for a subscription: `whsec_` and base64 of 32 random bytes (Standard Webhooks asks for
/// 24 to 64). Error: io.
[[nodiscard]] Result<std::string> new_secret();

}  // namespace tidemark::relay
