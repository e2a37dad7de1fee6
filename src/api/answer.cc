#include "api/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "http/problem.h"
#include "relay/engine.h"

namespace tidemark::api {
namespace {

using nlohmann::ordered_json;

http::Response problem_answer(int status, std::string_view code, const Message& detail,
                              std::string_view field = {}, const Message& hint = {}) {
  ordered_json body{{"type", fmt::format("urn:tidemark:problem:{}", code)},
                    {"title", http::reason_of(status)},
                    {"status", status},
                    {"code", code},
                    {"detail", detail.en},
                    {"detail_zh", detail.zh}};
  if (!hint.empty()) {
    body["hint"] = hint.en;
    body["hint_zh"] = hint.zh;
  }
  if (!field.empty())
    body["errors"] = ordered_json::array({{{"field", field}, {"message", detail.en}}});
  http::Response response = json_answer(status, body);
  response.content_type = "application/problem+json";
  if (status == 503) response.headers.add("Retry-After", "1");
  if (status == 507) response.headers.add("Retry-After", "10");  // Somebody must make room first.
  if (status == 401) response.headers.add("WWW-Authenticate", "Bearer");
  return response;
}

/// `field amount: must be …`, `amount: must be …` and `field amount is missing` name the field
/// `amount`.
std::string named_field(std::string_view text) {
  constexpr std::string_view prefix = "field ";
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  constexpr std::string_view missing = " is missing";
  std::size_t colon = text.find(": ");
  if (colon == std::string_view::npos && text.ends_with(missing))
    colon = text.size() - missing.size();
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string_view name = text.substr(0, colon);
  const bool plain = std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '_' ||
           letter == '.' || letter == '[' || letter == ']';
  });
  if (!plain) return {};
  std::string pointer = "/";
  for (const char letter : name) {
    if (letter == ']') continue;
    pointer += letter == '.' || letter == '[' ? '/' : letter;
  }
  return pointer;
}

}  // namespace

std::string dump(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

http::Response json_answer(int status, const ordered_json& body) {
  return json_text_answer(status, dump(body));
}

http::Response json_text_answer(int status, std::string body) {
  http::Response response{.status = status, .content_type = "application/json"};
  response.headers.add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

http::Response problem(int status, std::string_view code, const Message& detail) {
  return problem_answer(status, code, detail);
}

http::Response invalid(std::string_view field, const Message& detail) {
  return problem_answer(400, "invalid_request", detail, field);
}

http::Response problem_for(const Error& error) {
  const auto answer = [&error](int status, std::string_view code, std::string_view field = {}) {
    return problem_answer(status, code, error.what, field, error.hint);
  };
  switch (error.kind) {
    case ErrorKind::rejected:
    case ErrorKind::usage:
      if (error.what.en.starts_with(relay::version_conflict))
        return answer(409, relay::version_conflict);
      if (error.what.en.starts_with(relay::voucher_conflict))
        return answer(409, relay::voucher_conflict);
      if (error.what.en.starts_with(relay::body_too_large))
        return answer(413, relay::body_too_large);
      if (error.what.en.starts_with(relay::idempotency_conflict))
        return answer(422, relay::idempotency_conflict);
      return answer(400, "invalid_request", named_field(error.what.en));
    case ErrorKind::not_found:
      return answer(404, "not_found");
    case ErrorKind::unreachable:
    case ErrorKind::timeout:
    case ErrorKind::cancelled:
    case ErrorKind::locked:
      return answer(503, "unavailable");
    case ErrorKind::no_space:
      return answer(507, "no_space");
    case ErrorKind::invalid_config:
    case ErrorKind::unauthorized:
    case ErrorKind::io:
    case ErrorKind::corrupt:
    case ErrorKind::query:
    case ErrorKind::unsupported:
      return answer(500, "internal_error");
  }
  return answer(500, "internal_error");
}

std::string with_member(const ordered_json& object, std::string_view name, std::string_view json) {
  std::string text = dump(object);
  text.pop_back();
  return fmt::format("{}{}\"{}\":{}}}", text, object.empty() ? "" : ",", name, json);
}

}  // namespace tidemark::api
