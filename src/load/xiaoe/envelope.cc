#include "load/xiaoe/envelope.h"

#include <fmt/format.h>

#include "base/json_object.h"
#include "base/json_text.h"
#include "http/query_encoding.h"
#include "load/xiaoe/loose_number.h"

namespace tidemark::load::xiaoe {

std::optional<Envelope> envelope_of(std::string_view body) {
  const auto members = json_members(body);
  if (!members) return std::nullopt;
  Envelope envelope{.code = 0, .message = {}, .data = "null"};
  bool has_code = false;
  for (const JsonMember& member : *members) {
    if (member.name == "code") {
      const std::optional<std::int64_t> code = loose_integer(member.value);
      if (!code) return std::nullopt;
      envelope.code = *code;
      has_code = true;
    }
    if (member.name == "msg") envelope.message = json_text(member.value).value_or("");
    if (member.name == "data") envelope.data = member.value;
  }
  if (!has_code) return std::nullopt;
  return envelope;
}

std::string token_url(const ClientOptions& options) {
  return fmt::format("{}/token?app_id={}&client_id={}&secret_key={}&grant_type={}", options.url,
                     http::query_encoded(options.app_id), http::query_encoded(options.client_id),
                     http::query_encoded(options.secret_key), "client_credential");
}

std::string call_body(std::string_view token, std::string_view fields) {
  std::string body = "{\"access_token\":";
  append_json_text(body, token);
  body += fmt::format(",{}}}", fields);
  return body;
}

std::shared_ptr<const http::AddressPolicy> shop_addresses() {
  Result<http::AddressPolicy> policy = http::AddressPolicy::allowing({"0.0.0.0/0", "::/0"});
  return std::make_shared<http::AddressPolicy>(policy ? std::move(*policy) : http::AddressPolicy());
}

}  // namespace tidemark::load::xiaoe
