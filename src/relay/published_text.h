#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "relay/engine.h"

namespace tidemark::relay {

/// How an answer is kept for its Idempotency-Key, and read back (with `duplicate` set).
/// Errors: corrupt.
[[nodiscard]] std::string published_text(const Published& published);
[[nodiscard]] Result<Published> parse_published(std::string_view text);

}  // namespace tidemark::relay
