#include "http/response_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "http/problem.h"

namespace tidemark::http {
namespace {

constexpr std::array<std::string_view, 4> of_the_server = {"connection", "content-length", "date",
                                                           "transfer-encoding"};

[[nodiscard]] bool is_sendable_field(const Headers::Field& field) {
  return is_token(field.name) && is_field_value(field.value) &&
         std::ranges::none_of(of_the_server,
                              [&](std::string_view name) { return equal_fold(name, field.name); });
}

}  // namespace

bool is_sendable(const Response& response) {
  if (response.status < 200 || response.status > 599) return false;
  if (!is_field_value(response.content_type)) return false;
  for (std::size_t index = 0; index < response.headers.size(); ++index)
    if (!is_sendable_field(response.headers.at(index))) return false;
  return true;
}

std::string response_head(const Response& response, std::string_view date, bool close) {
  std::string head;
  head.reserve(192 + response.headers.bytes() + 4 * response.headers.size());
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                 reason_of(response.status), date);
  if (!has_no_body(response.status))
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.content().size());
  const auto field = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  if (!response.content_type.empty()) field("Content-Type", response.content_type);
  for (std::size_t index = 0; index < response.headers.size(); ++index)
    field(response.headers.at(index).name, response.headers.at(index).value);
  if (close) field("Connection", "close");
  return head.append("\r\n");
}

}  // namespace tidemark::http
