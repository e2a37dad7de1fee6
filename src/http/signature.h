#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tidemark::http {

/// Signs and checks deliveries. Two styles, of which a request may carry both:
///
/// - text style, of existing receivers: `X-Signature: sha256:<hex HMAC-SHA256 of the body>` and
///   `X-Timestamp` (Unix seconds, not signed). Key: the bytes of the secret's text, prefix and all.
/// - Standard Webhooks v1 (standardwebhooks.com, specification 1.0.0): `webhook-id`,
///   `webhook-timestamp`, `webhook-signature: v1,<base64>[ v1,<base64>…]` over `id.timestamp.body`.
///   Key: the decoded bytes of a `whsec_…` secret.
///
/// Pure functions: no clock, no state, any thread. docs/wire/vectors.json holds their vectors.

/// What the text style signs.
enum class BodyStyle {
  raw,          ///< The bytes of the body.
  sorted_json,  ///< What Python makes of them: http/sorted_json.h.
};

/// The key in a secret of Standard Webhooks: base64 of 24 to 64 bytes, with or without `whsec_`;
/// nullopt for a secret of another form. Such a secret can only be used in the text style.
[[nodiscard]] std::optional<std::string> webhook_key(std::string_view secret);

/// The value of X-Signature. Error: rejected, when the style is sorted_json and the body is no
/// JSON.
[[nodiscard]] Result<std::string> text_signature(std::string_view body, std::string_view secret,
                                                 BodyStyle style);

/// One `v1,<base64>`. `key` as webhook_key gives it.
[[nodiscard]] std::string webhook_signature(std::string_view id, std::chrono::sys_seconds timestamp,
                                            std::string_view body, std::string_view key);

struct SigningRequest {
  std::string_view id;                 ///< Of the event; the same at every attempt.
  std::chrono::sys_seconds timestamp;  ///< Of this attempt, not before 1970.
  std::string_view body;
  /// The newest first. The first signs in text style; each that is a webhook_key signs in the
  /// other.
  std::span<const std::string> secrets;
  BodyStyle style = BodyStyle::raw;
};

/// The headers that sign one delivery, names in lower case: x-signature, x-timestamp, and, if a
/// secret has that form, webhook-id, webhook-timestamp, webhook-signature.
/// Errors: invalid_config without a secret or with an empty one (nothing is delivered unsigned);
/// rejected for an id that is empty, longer than 255 or has anything but ASCII letters, digits, `_`
/// and `-` (a full stop would make the signed text ambiguous), and as text_signature.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> signature_headers(
    const SigningRequest& request);

/// The headers of a request that was received; nullopt for one that is not there.
struct ReceivedSignature {
  std::optional<std::string_view> webhook_id{};
  std::optional<std::string_view> webhook_timestamp{};
  std::optional<std::string_view> webhook_signature{};
  std::optional<std::string_view> x_signature{};
  std::optional<std::string_view> x_timestamp{};
};

enum class SignatureStyle { standard, raw, sorted_json };

/// Why a request is refused.
enum class SignatureFault {
  missing_header,  ///< No header of an accepted style, or one of its companions is missing.
  malformed,       ///< A timestamp that is no number, an id with a full stop, no `sha256:<hex>`.
  too_old,         ///< Sent longer ago than the tolerance: a replay, or a wrong clock.
  too_new,         ///< From the future by more than the tolerance.
  mismatch,        ///< No signature fits a secret: forged, changed on the way, or a wrong secret.
};

[[nodiscard]] std::string_view name(SignatureStyle style);
[[nodiscard]] std::string_view name(SignatureFault fault);

/// The tolerance of the reference libraries.
inline constexpr std::chrono::seconds signature_tolerance{300};
/// So many v1 signatures of a request are compared; a sender has one a secret.
inline constexpr std::size_t signatures_max = 8;

struct SignaturePolicy {
  std::chrono::seconds tolerance = signature_tolerance;  ///< To either side, inclusive.
  /// What is accepted. The text styles do not sign the time and, sorted, not the spelling: who can
  /// do without them says so.
  bool standard = true;
  bool raw = true;
  bool sorted_json = true;
};

/// Checks a request against all secrets that are valid now, in the order of the reference: headers
/// present, timestamp a number, timestamp within tolerance of `now`, signature in constant time.
/// If the request carries any webhook-* header and a secret has that form, Standard Webhooks alone
/// decide; signatures of unknown versions are skipped, the first signatures_max of v1 compared.
/// Else the text style decides, raw before sorted.
[[nodiscard]] std::expected<SignatureStyle, SignatureFault> verify_signature(
    const ReceivedSignature& received, std::string_view body, std::span<const std::string> secrets,
    std::chrono::sys_seconds now, const SignaturePolicy& policy = {});

}  // namespace tidemark::http
