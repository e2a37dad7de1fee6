#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "export/path_clean.h"

/// Any bytes: one part of a path that leads nowhere else and stays as it is when cleaned again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemark;
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const std::string part = exporter::clean_component(value);
  check(!part.empty() && part.size() <= exporter::path_part_bytes_max, "of a length that fits");
  check(part.front() != '.' && part.front() != '-', "neither hidden nor an option");
  check(part.find_first_of(std::string_view("/\\:*?\"<>| \0\n", 12)) == std::string::npos,
        "without forbidden characters");
  check(is_utf8(part), "in UTF-8");
  check(exporter::clean_component(part) == part, "cleaning twice changes nothing");
  static_cast<void>(exporter::fold_case(value));
  return 0;
}
