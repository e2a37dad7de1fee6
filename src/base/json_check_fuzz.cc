#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/json_check.h"

/// Any bytes: the fast verdict and the walk over the grammar agree. A required field that cannot
/// be there makes the check walk: it is then the only fault of a valid text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemark;
  static const std::array<std::string, 1> impossible = {std::string("\x01\x02 no such field")};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto fast = check_json(text);
  const auto walked = check_json(text, impossible);
  check(walked.has_value(), "the required field is never there");
  check(!fast.has_value() == !walked->field.empty(), "both ways come to the same verdict");
  check(!fast || fast->position <= size, "the fault lies in the text");
  return 0;
}
