#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/headers.h"
#include "http/signature.h"

namespace tidemark::receive {

/// Reads headers as they stand in a request or as `curl -i` shows them: `Name: value` lines, CRLF
/// or LF, up to the end or an empty line; a request line before them is passed over.
/// Error: rejected, with the number of the line that is no header.
[[nodiscard]] Result<http::Headers> parse_header_text(std::string_view text);

/// One signature that a receiver with one of the secrets expects.
struct ExpectedSignature {
  http::SignatureStyle style{};
  std::size_t secret = 0;  ///< Its place in the list, from 1.
  std::string value;       ///< As the header would have it.
  bool sent = false;       ///< The request has it.
};

/// Why a request is accepted or refused.
struct Explanation {
  std::expected<http::SignatureStyle, http::SignatureFault> verdict;
  /// The clock less the time that the request names; nullopt if that cannot be read.
  std::optional<std::chrono::seconds> age;
  /// What the accepted styles expect, whatever decides; without those that cannot be computed (no
  /// time or id, a secret of another form, a body that is no JSON).
  std::vector<ExpectedSignature> expected;
};

/// The verdict of http::verify_signature, with what it compared. The signatures in it open nothing
/// but this request; still they are no text for a public log.
[[nodiscard]] Explanation explain_signature(const http::ReceivedSignature& received,
                                            std::string_view body,
                                            std::span<const std::string> secrets,
                                            std::chrono::sys_seconds now,
                                            const http::SignaturePolicy& policy);

}  // namespace tidemark::receive
