#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::exporter {

inline constexpr std::string_view damaged_suffix = ".damaged";
/// Of what knows the rows of a tree by a key that they no longer have.
inline constexpr std::string_view other_key_suffix = ".other_key";

/// Puts an index aside under its name with `suffix` behind it, together with its WAL. Where this is
/// interrupted, finish_putting_aside() does the rest: an index is never read without its own WAL,
/// nor with another's. Errors: io.
[[nodiscard]] Result<void> put_index_aside(const std::string& path,
                                           std::string_view suffix = damaged_suffix);

/// Puts a file aside likewise, if it is there. Errors: io.
[[nodiscard]] Result<void> put_file_aside(const std::string& path, std::string_view suffix);

/// Before the index at `path` is opened. Errors: io.
[[nodiscard]] Result<void> finish_putting_aside(const std::string& path);

}  // namespace tidemark::exporter
