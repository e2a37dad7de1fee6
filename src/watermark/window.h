#pragma once

#include "base/civil_time.h"

namespace tidemark::watermark {

/// The rows with `after` < stamp <= `upto`. Windows of successive runs tile: the next one starts
/// exactly where this one ends.
struct Window {
  CivilTime after;
  CivilTime upto;

  /// Nothing can be in it: the boundary is not past the watermark (the clock was set back, or
  /// something holds the boundary back).
  [[nodiscard]] bool empty() const { return upto <= after; }
};

}  // namespace tidemark::watermark
