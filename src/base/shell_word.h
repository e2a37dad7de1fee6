#pragma once

#include <string>
#include <string_view>

namespace tidemark {

/// `text` as one word of a POSIX shell: quoted only if needed. For commands that a reader is to
/// paste.
[[nodiscard]] std::string shell_quoted(std::string_view text);

/// `text` as it may stand between two single quotes of a POSIX shell, also of bash and zsh.
[[nodiscard]] std::string inside_single_quotes(std::string_view text);

}  // namespace tidemark
