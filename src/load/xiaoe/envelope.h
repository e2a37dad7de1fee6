#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/address_policy.h"
#include "load/xiaoe/client.h"

namespace tidemark::load::xiaoe {

/// What every answer of the API is: `{"code":0,"msg":"…","data":…}`.
struct Envelope {
  std::int64_t code = 0;
  std::string message;
  std::string_view data;  ///< Of the body; `null` where there is none.
};

/// `body` must have passed check_json(). nullopt: it is no answer of the API.
[[nodiscard]] std::optional<Envelope> envelope_of(std::string_view body);

/// What a token is asked for with. It carries the secret: never to be logged.
[[nodiscard]] std::string token_url(const ClientOptions& options);
/// The body of a call: `fields`, JSON members without braces, with the token.
[[nodiscard]] std::string call_body(std::string_view token, std::string_view fields);

/// The shop is where the configuration says, wherever that is.
[[nodiscard]] std::shared_ptr<const http::AddressPolicy> shop_addresses();

}  // namespace tidemark::load::xiaoe
