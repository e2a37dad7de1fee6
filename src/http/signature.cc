#include "http/signature.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/base64.h"
#include "base/check.h"
#include "http/hmac.h"
#include "http/sorted_json.h"

namespace tidemark::http {
namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::size_t key_bytes_min = 24;
constexpr std::size_t key_bytes_max = 64;
constexpr std::string_view text_prefix = "sha256:";
constexpr std::string_view version_prefix = "v1,";
constexpr std::size_t id_length_max = 255;
constexpr std::size_t timestamp_digits_max = 12;  // The year 33658 must do.

bool is_id(std::string_view id) {
  constexpr auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-';
  };
  return !id.empty() && id.size() <= id_length_max && std::ranges::all_of(id, fits);
}

Mac webhook_mac(std::string_view id, std::string_view timestamp, std::string_view body,
                std::string_view key) {
  std::string content;
  content.reserve(id.size() + timestamp.size() + body.size() + 2);
  content.append(id).append(1, '.').append(timestamp).append(1, '.').append(body);
  return hmac_sha256(key, content);
}

std::string seconds_text(std::chrono::sys_seconds time) {
  check(time.time_since_epoch().count() >= 0, "a delivery is signed after 1970");
  return std::to_string(time.time_since_epoch().count());
}

std::vector<std::string> webhook_keys(std::span<const std::string> secrets) {
  std::vector<std::string> keys;
  for (const std::string& secret : secrets) {
    if (auto key = webhook_key(secret)) keys.push_back(*std::move(key));
  }
  return keys;
}

using Verdict = std::expected<SignatureStyle, SignatureFault>;

/// Unix seconds: digits alone, no leading zero, so that each time has one text.
std::optional<std::chrono::sys_seconds> parse_timestamp(std::string_view text) {
  if (text.empty() || text.size() > timestamp_digits_max) return std::nullopt;
  if (text.starts_with('0') && text.size() > 1) return std::nullopt;
  if (text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

std::optional<SignatureFault> fault_of_time(std::string_view text, std::chrono::sys_seconds now,
                                            std::chrono::seconds tolerance) {
  const auto time = parse_timestamp(text);
  if (!time) return SignatureFault::malformed;
  if (now - *time > tolerance) return SignatureFault::too_old;
  if (*time - now > tolerance) return SignatureFault::too_new;
  return std::nullopt;
}

/// The first v1 signatures of a list with blanks in between; what cannot be one is left out.
std::vector<Mac> listed_macs(std::string_view list) {
  std::vector<Mac> macs;
  std::size_t v1_count = 0;
  while (!list.empty() && v1_count < signatures_max) {
    const std::size_t blank = std::min(list.find(' '), list.size());
    const std::string_view entry = list.substr(0, blank);
    list.remove_prefix(std::min(blank + 1, list.size()));
    if (!entry.starts_with(version_prefix)) continue;
    ++v1_count;
    if (const auto mac = mac_from_base64(entry.substr(version_prefix.size()))) macs.push_back(*mac);
  }
  return macs;
}

Verdict verify_standard(const ReceivedSignature& received, std::string_view body,
                        std::span<const std::string> keys, std::chrono::sys_seconds now,
                        std::chrono::seconds tolerance) {
  if (!received.webhook_id || !received.webhook_timestamp || !received.webhook_signature) {
    return std::unexpected(SignatureFault::missing_header);
  }
  if (received.webhook_id->empty() || received.webhook_id->contains('.')) {
    return std::unexpected(SignatureFault::malformed);
  }
  if (const auto fault = fault_of_time(*received.webhook_timestamp, now, tolerance)) {
    return std::unexpected(*fault);
  }
  const std::vector<Mac> listed = listed_macs(*received.webhook_signature);
  for (const std::string& key : keys) {
    const Mac expected = webhook_mac(*received.webhook_id, *received.webhook_timestamp, body, key);
    for (const Mac& mac : listed) {
      if (equal_in_constant_time(mac, expected)) return SignatureStyle::standard;
    }
  }
  return std::unexpected(SignatureFault::mismatch);
}

bool signed_by_any(const Mac& mac, std::string_view text, std::span<const std::string> secrets) {
  return std::ranges::any_of(secrets, [&](const std::string& secret) {
    return !secret.empty() && equal_in_constant_time(mac, hmac_sha256(secret, text));
  });
}

Verdict verify_text(const ReceivedSignature& received, std::string_view body,
                    std::span<const std::string> secrets, std::chrono::sys_seconds now,
                    const SignaturePolicy& policy) {
  if (!received.x_signature || !received.x_timestamp) {
    return std::unexpected(SignatureFault::missing_header);
  }
  if (const auto fault = fault_of_time(*received.x_timestamp, now, policy.tolerance)) {
    return std::unexpected(*fault);
  }
  if (!received.x_signature->starts_with(text_prefix)) {
    return std::unexpected(SignatureFault::malformed);
  }
  const auto mac = mac_from_hex(received.x_signature->substr(text_prefix.size()));
  if (!mac) return std::unexpected(SignatureFault::malformed);
  if (policy.raw && signed_by_any(*mac, body, secrets)) return SignatureStyle::raw;
  if (policy.sorted_json) {
    const auto sorted = sorted_json(body);
    if (sorted && signed_by_any(*mac, *sorted, secrets)) return SignatureStyle::sorted_json;
  }
  return std::unexpected(SignatureFault::mismatch);
}

}  // namespace

std::string_view name(SignatureStyle style) {
  switch (style) {
    case SignatureStyle::standard:
      return "standard";
    case SignatureStyle::raw:
      return "raw";
    case SignatureStyle::sorted_json:
      return "sorted-json";
  }
  broken_invariant("a style of the list", std::source_location::current());
}

std::string_view name(SignatureFault fault) {
  switch (fault) {
    case SignatureFault::missing_header:
      return "missing_header";
    case SignatureFault::malformed:
      return "malformed";
    case SignatureFault::too_old:
      return "too_old";
    case SignatureFault::too_new:
      return "too_new";
    case SignatureFault::mismatch:
      return "mismatch";
  }
  broken_invariant("a fault of the list", std::source_location::current());
}

std::optional<std::string> webhook_key(std::string_view secret) {
  if (secret.starts_with(secret_prefix)) secret.remove_prefix(secret_prefix.size());
  auto key = base64_decoded(secret);
  if (!key || key->size() < key_bytes_min || key->size() > key_bytes_max) return std::nullopt;
  return key;
}

Result<std::string> text_signature(std::string_view body, std::string_view secret,
                                   BodyStyle style) {
  std::string value(text_prefix);
  if (style == BodyStyle::raw) return value + mac_hex(hmac_sha256(secret, body));
  auto sorted = sorted_json(body);
  if (!sorted) return fail(std::move(sorted));
  return value + mac_hex(hmac_sha256(secret, *sorted));
}

std::string webhook_signature(std::string_view id, std::chrono::sys_seconds timestamp,
                              std::string_view body, std::string_view key) {
  return std::string(version_prefix) +
         mac_base64(webhook_mac(id, seconds_text(timestamp), body, key));
}

Result<std::vector<std::pair<std::string, std::string>>> signature_headers(
    const SigningRequest& request) {
  if (request.secrets.empty() ||
      std::ranges::any_of(request.secrets, [](const std::string& s) { return s.empty(); })) {
    return fail(ErrorKind::invalid_config,
                {"there is no secret to sign with", "没有用于签名的密钥"});
  }
  if (!is_id(request.id)) {
    return fail(ErrorKind::rejected,
                {"the event's id cannot be signed: 1 to 255 letters, digits, _ and -",
                 "事件 id 无法签名：须为 1 至 255 个字母、数字、_ 或 -"});
  }
  auto text = text_signature(request.body, request.secrets.front(), request.style);
  if (!text) return fail(std::move(text));

  const std::string timestamp = seconds_text(request.timestamp);
  std::vector<std::pair<std::string, std::string>> headers = {
      {"x-signature", *std::move(text)},
      {"x-timestamp", timestamp},
  };
  std::string list;
  for (const std::string& key : webhook_keys(request.secrets)) {
    if (!list.empty()) list += ' ';
    list += webhook_signature(request.id, request.timestamp, request.body, key);
  }
  if (!list.empty()) {
    headers.emplace_back("webhook-id", request.id);
    headers.emplace_back("webhook-timestamp", timestamp);
    headers.emplace_back("webhook-signature", std::move(list));
  }
  return headers;
}

Verdict verify_signature(const ReceivedSignature& received, std::string_view body,
                         std::span<const std::string> secrets, std::chrono::sys_seconds now,
                         const SignaturePolicy& policy) {
  if (policy.standard &&
      (received.webhook_id || received.webhook_timestamp || received.webhook_signature)) {
    const std::vector<std::string> keys = webhook_keys(secrets);
    if (!keys.empty()) return verify_standard(received, body, keys, now, policy.tolerance);
  }
  if (policy.raw || policy.sorted_json) return verify_text(received, body, secrets, now, policy);
  return std::unexpected(SignatureFault::missing_header);
}

}  // namespace tidemark::http
