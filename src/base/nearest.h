#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tidemark {

/// Letters to insert, remove or replace to turn `a` into `b`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// For "did you mean": the word nearest to `wrong`; empty if none is near (a third of its letters
/// may differ, at least two). The first of several equally near ones.
[[nodiscard]] std::string_view nearest(std::string_view wrong,
                                       std::span<const std::string_view> words);

}  // namespace tidemark
