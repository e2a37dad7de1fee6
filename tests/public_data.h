#pragma once

#include <filesystem>
#include <string>

namespace tidemark {

/// A file of the public data sets, which are not part of the source: `../shared/data` beside the
/// source folder, or $TIDEMARK_PUBLIC_DATA. Empty when it is not there.
[[nodiscard]] inline std::string public_data(const std::string& path) {
  const char* named = std::getenv("TIDEMARK_PUBLIC_DATA");
  const std::filesystem::path folder =
      named != nullptr
          ? std::filesystem::path(named)
          : std::filesystem::path(__FILE__).parent_path().parent_path() / "../shared/data";
  const std::filesystem::path file = folder / path;
  return std::filesystem::exists(file) ? file.string() : std::string();
}

}  // namespace tidemark
