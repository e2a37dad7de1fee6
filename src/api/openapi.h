#pragma once

#include <string_view>

namespace tidemark::embedded {
std::string_view openapi_document();  // Made by the build (cmake/embed.cmake).
}

namespace tidemark::api {

/// docs/wire/openapi.json, as it was when the program was built.
[[nodiscard]] inline std::string_view openapi_document() { return embedded::openapi_document(); }

}  // namespace tidemark::api
