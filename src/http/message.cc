#include "http/message.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark::http {

const std::string& Request::capture(std::string_view name) const {
  const auto found = std::ranges::find(
      captures, name, [](const auto& pair) -> std::string_view { return pair.first; });
  check(found != captures.end(), "the pattern of the route has this capture");
  return found->second;
}

}  // namespace tidemark::http
