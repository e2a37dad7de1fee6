#pragma once

#include <cstddef>

namespace tidemark {

/// How many files one of `parts` may keep open, so that all of them stay below this process's limit
/// (RLIMIT_NOFILE); between 16 and `most`.
[[nodiscard]] std::size_t open_files_share(std::size_t parts, std::size_t most);

}  // namespace tidemark
