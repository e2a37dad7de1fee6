#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace tidemark::cli {

/// The candidate that `word` was probably meant to be: the fewest typing slips (a letter added,
/// left out, changed, or two swapped), at most a third of its length; the first of equals. Also
/// one that begins with `word`. nullopt if nothing is near.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> candidates);

}  // namespace tidemark::cli
