#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemark::cli {

/// `0.1.0`
[[nodiscard]] std::string_view version();
/// The git revision of the build, `-dirty` behind it if files were changed; empty if unknown.
[[nodiscard]] std::string_view revision();
/// `tidemark 0.1.0 (8089fca)`
[[nodiscard]] std::string version_line();
/// Compiler and libraries with the versions that run: `SQLite`, `3.40.1`.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> component_versions();

}  // namespace tidemark::cli
