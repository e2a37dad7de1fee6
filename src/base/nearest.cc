#include "base/nearest.h"

#include <algorithm>
#include <vector>

namespace tidemark {
namespace {

/// Longer words are no slips of the pen; comparing them would only cost time.
constexpr std::size_t letters_max = 128;

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // row[j]: the distance of the first i letters of `a` from the first j of `b`.
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string_view nearest(std::string_view wrong, std::span<const std::string_view> words) {
  if (wrong.size() > letters_max) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  for (const std::string_view word : words) {
    const std::size_t distance = edit_distance(wrong, word);
    if (distance < best_distance && distance < word.size()) {
      best = word;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace tidemark
