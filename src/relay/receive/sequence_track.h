#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace tidemark::receive {

/// Numbers that are missing between others that have come.
struct SequenceHole {
  std::int64_t first = 0;
  std::int64_t last = 0;  ///< Inclusive.
  WallTime since{};       ///< When a higher number showed that they are missing.
};

/// Which sequence numbers of one subscription have come: all up to a mark, and above it everything
/// but the holes. The hub counts 1, 2, 3, … without gaps, so a hole that stands is an event that
/// did not come; retries reorder, so a young one means nothing.
class SequenceTrack {
 public:
  /// Holes beyond this number are joined: what lies between them is then asked for once more.
  static constexpr std::size_t holes_max = 256;

  /// As to_text() wrote it; nullopt for anything else.
  [[nodiscard]] static std::optional<SequenceTrack> parse(std::string_view text);
  /// `41;43-45@1768465802000000,47-47@…`: the highest number seen, and the holes below it.
  [[nodiscard]] std::string to_text() const;

  /// `sequence` has come. Numbers below 1 are passed over. Returns whether anything changed.
  bool add(std::int64_t sequence, WallTime now);
  /// Everything up to `sequence` is accounted for, whether it came or the hub no longer has it.
  void complete(std::int64_t sequence);
  /// The hub has nothing above `sequence`: a higher number that showed before `before` was not the
  /// hub's (the header is not signed), and is forgotten with its holes.
  void forget_above(std::int64_t sequence, WallTime before);

  /// All up to here have come.
  [[nodiscard]] std::int64_t contiguous() const;
  [[nodiscard]] std::int64_t highest() const { return highest_; }
  [[nodiscard]] const std::vector<SequenceHole>& holes() const { return holes_; }
  [[nodiscard]] std::int64_t missing() const;
  /// Since when the oldest hole stands.
  [[nodiscard]] std::optional<WallTime> oldest_hole() const;

 private:
  std::int64_t highest_ = 0;
  std::vector<SequenceHole> holes_;  ///< Ascending, apart from each other.
};

}  // namespace tidemark::receive
