#pragma once

#include <string>
#include <string_view>

#include "http/signature.h"

namespace tidemark::receive {

/// The id of an event that came in text style, which signs no id: `sha256-` and the hash of what
/// was signed (docs/decisions/0009-what-names-an-event-in-text-style.md). Whoever sends a captured
/// request again cannot give it another. `body` was verified in `style`.
[[nodiscard]] std::string name_of_signed_body(std::string_view body, http::SignatureStyle style);

}  // namespace tidemark::receive
