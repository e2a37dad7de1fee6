#include "cli/suggestion.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tidemark::cli {
namespace {

constexpr std::size_t word_length_max = 64;  // Longer words are no slip of a name of ours.

/// Optimal string alignment distance (Damerau-Levenshtein without overlapping swaps), in bytes.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + changed});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > word_length_max) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t slips_best = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    if (const std::size_t slips = distance(word, candidate); slips < slips_best) {
      slips_best = slips;
      best = candidate;
    }
  }
  if (best) return best;
  for (const std::string_view candidate : candidates)
    if (candidate.starts_with(word)) return candidate;
  return std::nullopt;
}

}  // namespace tidemark::cli
