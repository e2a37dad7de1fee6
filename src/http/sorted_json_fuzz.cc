#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "http/sorted_json.h"

/// Any bytes: what is accepted becomes printable ASCII, and sorting that again changes nothing.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemark;
  const auto sorted = http::sorted_json({reinterpret_cast<const char*>(data), size});
  if (!sorted) return 0;
  check(std::ranges::all_of(*sorted, [](char c) { return c >= ' ' && c <= '~'; }), "ASCII only");
  const auto again = http::sorted_json(*sorted);
  check(again && *again == *sorted, "sorting twice is sorting once");
  return 0;
}
