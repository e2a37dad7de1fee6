#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::redis {

/// What Redis answered. An error is none of these: it is an Error.
struct Reply {
  enum class Kind { nil, integer, text, list };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text{};  ///< Any bytes.
  std::vector<Reply> list{};

  [[nodiscard]] bool is_text() const { return kind == Kind::text; }
  [[nodiscard]] bool is_list(std::size_t at_least = 0) const {
    return kind == Kind::list && list.size() >= at_least;
  }
};

}  // namespace tidemark::redis
