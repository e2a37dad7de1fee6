#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "http/router.h"
#include "http/target.h"

/// Any target: what comes out is clean, and the router finds only what fits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemark;
  static const http::Router router = [] {
    http::Router made;
    for (const char* pattern : {"/", "/a", "/a/{b}", "/a/b", "/{a}/b/{c}", "/a/{b}/c", "/{x}"})
      made.add("GET", pattern, nullptr);
    return made;
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = http::parse_target(text);
  if (!target) return 0;
  check(target->segments.size() <= http::path_segments_max, "not too deep");
  for (const std::string& segment : target->segments) {
    check(is_utf8(segment) && !segment.contains('\0'), "clean text");
    check(segment != "." && segment != "..", "nothing that climbs");
  }
  for (const auto& [name, value] : target->query.parameters())
    check(is_utf8(name) && is_utf8(value), "clean parameters");
  const auto match = router.match("GET", target->segments);
  if (const auto* found = std::get_if<http::Router::Found>(&match)) {
    for (const auto& [name, value] : found->captures) check(!value.empty(), "captures have a text");
  }
  return 0;
}
