#pragma once

#include <string>
#include <string_view>

namespace tidemark::http {

/// `text` for a query of a URL: everything but letters, digits, `-`, `.`, `_`, `~` (RFC 3986,
/// unreserved) as `%XX`.
[[nodiscard]] std::string query_encoded(std::string_view text);

}  // namespace tidemark::http
