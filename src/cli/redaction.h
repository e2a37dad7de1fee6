#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidemark::cli {

/// The command as one line that a shell reads back the same way, without passwords in URLs (`***`).
/// For the ledger, which others may read.
[[nodiscard]] std::string redacted_command_line(std::string_view program,
                                                std::span<const std::string> words);

}  // namespace tidemark::cli
