#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "watermark/state_file.h"

/// Any bytes: either an error, or a state whose text reads back as itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemark;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<watermark::State> state = watermark::parse_state(text);
  if (!state) {
    check(!state.error().what.empty(), "an error says what is wrong");
    return 0;
  }
  const std::string written = watermark::format_state(*state);
  const Result<watermark::State> again = watermark::parse_state(written);
  check(again.has_value(), "what was written can be read");
  check(watermark::format_state(*again) == written, "reading and writing changes nothing");
  return 0;
}
