#include "relay/receive/explanation.h"

#include <utility>

#include "base/parse_integer.h"

namespace tidemark::receive {
namespace {

using http::SignatureStyle;

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<std::chrono::sys_seconds> time_in(std::optional<std::string_view> text) {
  const auto seconds = parse_integer(text.value_or(""));
  if (!seconds || *seconds < 0) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(*seconds));
}

/// Is `value` one of the blank-separated signatures?
bool lists(std::string_view signatures, std::string_view value) {
  while (!signatures.empty()) {
    const std::size_t end = signatures.find(' ');
    if (signatures.substr(0, end) == value) return true;
    signatures.remove_prefix(end == std::string_view::npos ? signatures.size() : end + 1);
  }
  return false;
}

}  // namespace

Result<http::Headers> parse_header_text(std::string_view text) {
  http::Headers headers;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = without_blanks(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    if (colon != std::string_view::npos && http::is_token(name)) {
      headers.add(name, without_blanks(line.substr(colon + 1)));
    } else if (number > 1 || line.find("HTTP/") == std::string_view::npos) {
      return fail(
          ErrorKind::rejected,
          {"line {} of the headers is no 'Name: value'", "第 {} 行不是“名称: 值”形式的请求头"},
          number);
    }
  }
  return headers;
}

Explanation explain_signature(const http::ReceivedSignature& received, std::string_view body,
                              std::span<const std::string> secrets, std::chrono::sys_seconds now,
                              const http::SignaturePolicy& policy) {
  Explanation explanation{.verdict = http::verify_signature(received, body, secrets, now, policy),
                          .age = std::nullopt,
                          .expected = {}};
  const auto webhook_time = time_in(received.webhook_timestamp);
  if (const auto time = webhook_time ? webhook_time : time_in(received.x_timestamp))
    explanation.age = now - *time;

  const auto expect = [&](SignatureStyle style, std::size_t secret, std::string value, bool sent) {
    explanation.expected.push_back(
        {.style = style, .secret = secret + 1, .value = std::move(value), .sent = sent});
  };
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    const std::optional<std::string> key = http::webhook_key(secrets[i]);
    if (policy.standard && key && webhook_time && received.webhook_id) {
      std::string value = http::webhook_signature(*received.webhook_id, *webhook_time, body, *key);
      const bool sent = lists(received.webhook_signature.value_or(""), value);
      expect(SignatureStyle::standard, i, std::move(value), sent);
    }
    for (const auto& [accepted, style, body_style] :
         {std::tuple{policy.raw, SignatureStyle::raw, http::BodyStyle::raw},
          std::tuple{policy.sorted_json, SignatureStyle::sorted_json,
                     http::BodyStyle::sorted_json}}) {
      if (!accepted) continue;
      Result<std::string> value = http::text_signature(body, secrets[i], body_style);
      if (!value) continue;
      const bool sent = received.x_signature == std::string_view(*value);
      expect(style, i, std::move(*value), sent);
    }
  }
  return explanation;
}

}  // namespace tidemark::receive
