#pragma once

#include <string>
#include <string_view>

namespace tidemark::exporter {

/// The folder inside an export tree that keeps its state: watermarks, index, lock, journal.
inline constexpr std::string_view state_directory_name = ".export_state";

/// `{output}/.export_state`
[[nodiscard]] inline std::string state_directory_of(const std::string& output) {
  return (output + "/").append(state_directory_name);
}

}  // namespace tidemark::exporter
