#pragma once

#include <string>
#include <string_view>

namespace tidemark {

/// `text` as one word of a POSIX shell: quoted only if needed. For commands that a reader is to
/// paste.
[[nodiscard]] std::string shell_quoted(std::string_view text);

}  // namespace tidemark
