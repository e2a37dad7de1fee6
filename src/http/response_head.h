#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace tidemark::http {

/// Whether it may be sent: status 200 to 599, fields that cannot break out of their line, and none
/// of those that belong to the server (Connection, Content-Length, Date, Transfer-Encoding).
[[nodiscard]] bool is_sendable(const Response& response);

/// Status line and fields up to the empty line, of a sendable response. `date` as in date_text.
/// A 204 or 304 has no Content-Length; `close` says that the connection ends here.
[[nodiscard]] std::string response_head(const Response& response, std::string_view date,
                                        bool close);

/// Statuses that never have a body.
[[nodiscard]] constexpr bool has_no_body(int status) { return status == 204 || status == 304; }

}  // namespace tidemark::http
