#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "http/headers.h"

namespace tidemark::http {

/// Fields that the client writes itself, since they say where a request ends and who it is for.
constexpr std::array<std::string_view, 5> fields_of_the_client = {
    "connection", "content-length", "expect", "host", "transfer-encoding"};

/// May a caller's field be sent as it is? Nothing that could end its line or the request.
[[nodiscard]] inline bool is_sendable(const Headers::Field& field) {
  return is_token(field.name) && is_field_value(field.value) &&
         std::ranges::none_of(fields_of_the_client,
                              [&](std::string_view name) { return equal_fold(name, field.name); });
}

}  // namespace tidemark::http
