#include "relay/receive/event_name.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/check.h"
#include "base/result.h"
#include "http/hmac.h"
#include "http/sorted_json.h"

namespace tidemark::receive {
namespace {

std::string name_of_text(std::string_view text) {
  http::Mac hash{};
  unsigned int length = 0;
  check(EVP_Digest(text.data(), text.size(), hash.data(), &length, EVP_sha256(), nullptr) == 1,
        "SHA-256 is there");
  return "sha256-" + http::mac_hex(hash);
}

}  // namespace

std::string name_of_signed_body(std::string_view body, http::SignatureStyle style) {
  if (style != http::SignatureStyle::sorted_json) return name_of_text(body);
  const Result<std::string> sorted = http::sorted_json(body);
  check(sorted.has_value(), "a body that was verified in sorted style can be sorted");
  return name_of_text(*sorted);
}

PulledNames::PulledNames(const http::SignaturePolicy& policy, std::span<const std::string> secrets)
    : style_(http::SignatureStyle::standard) {
  const bool has_key = std::ranges::any_of(
      secrets, [](const std::string& secret) { return http::webhook_key(secret).has_value(); });
  if (!policy.standard || !has_key)
    style_ = policy.raw ? http::SignatureStyle::raw : http::SignatureStyle::sorted_json;
}

void PulledNames::delivered(http::SignatureStyle style, bool batch) {
  style_ = batch ? http::SignatureStyle::standard : style;
}

std::string PulledNames::name(std::string_view event_id, std::string_view body) const {
  switch (style_.load()) {
    case http::SignatureStyle::standard:
      break;
    case http::SignatureStyle::raw:
      return name_of_text(body);
    case http::SignatureStyle::sorted_json:
      // A body that cannot be sorted has no delivery in this style.
      if (const Result<std::string> sorted = http::sorted_json(body)) return name_of_text(*sorted);
      break;
  }
  return std::string(event_id);
}

}  // namespace tidemark::receive
