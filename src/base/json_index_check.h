#pragma once

#include <string_view>

namespace tidemark {

/// Whether `text` is surely one JSON value as check_json() wants it. Several times as fast as its
/// walk over every byte; but false means nothing yet: what is rare is left to that walk.
[[nodiscard]] bool is_surely_json(std::string_view text);

}  // namespace tidemark
