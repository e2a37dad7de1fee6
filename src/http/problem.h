#pragma once

#include <string_view>

#include "http/message.h"

namespace tidemark::http {

/// An error as a client reads it: `application/problem+json` (RFC 9457),
/// `{"type":"urn:tidemark:problem:<code>","title","status","code","detail"}`. `code` is stable and
/// made for programs; `title` and `detail` are for people (invalid UTF-8 in them is replaced).
[[nodiscard]] Response problem(int status, std::string_view code, std::string_view title,
                               std::string_view detail);

/// The standard words: `Not Found`; `Unknown` for a status without.
[[nodiscard]] std::string_view reason_of(int status);

}  // namespace tidemark::http
