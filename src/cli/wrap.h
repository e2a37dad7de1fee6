#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidemark::cli {

/// Breaks `text` into lines of at most `columns`, each after the first behind `indent` blanks (the
/// first is already there). Breaks at blanks, and between Chinese characters, but not before their
/// closing punctuation. A word that is longer than a line stays whole. No newline at the end.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t columns, std::size_t indent);

/// `text` and blanks up to `columns`.
[[nodiscard]] std::string pad(std::string_view text, std::size_t columns);

}  // namespace tidemark::cli
