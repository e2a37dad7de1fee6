#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace tidemark::api {

/// `application/json`. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] http::Response json_answer(int status, const nlohmann::ordered_json& body);
[[nodiscard]] http::Response json_text_answer(int status, std::string body);

/// The problem that a client reads, in both languages (docs/wire/schema/problem.json):
/// rejected -> 400 `invalid_request` with the field where the text names one (`amount: …`), 409
/// `version_conflict`, 422 `idempotency_conflict`; not_found -> 404; unreachable, timeout,
/// cancelled -> 503 `unavailable` with Retry-After; anything else -> 500 `internal_error`. The next
/// step stands in `hint`.
[[nodiscard]] http::Response problem_for(const Error& error);
[[nodiscard]] http::Response problem(int status, std::string_view code, const Message& detail);

/// One faulty field of a request. `field`: a parameter's name, or a JSON pointer.
[[nodiscard]] http::Response invalid(std::string_view field, const Message& detail);

/// `object` with one more member, whose value is JSON text that stays as it was written.
[[nodiscard]] std::string with_member(const nlohmann::ordered_json& object, std::string_view name,
                                      std::string_view json);

/// Safe for any string: invalid UTF-8 is replaced.
[[nodiscard]] std::string dump(const nlohmann::ordered_json& json);

}  // namespace tidemark::api
