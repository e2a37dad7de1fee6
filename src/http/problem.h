#pragma once

#include <string_view>

#include "base/text.h"
#include "http/message.h"

namespace tidemark::http {

/// An error as a client reads it: `application/problem+json` (RFC 9457),
/// `{"type":"urn:tidemark:problem:<code>","title","status","code","detail","detail_zh"}`. `code` is
/// stable and made for programs; `title` (the words of the status) and `detail` are for people
/// (invalid UTF-8 in them is replaced).
[[nodiscard]] Response problem(int status, std::string_view code, const Message& detail);

/// The standard words: `Not Found`; `Unknown` for a status without.
[[nodiscard]] std::string_view reason_of(int status);

}  // namespace tidemark::http
