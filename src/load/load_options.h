#pragma once

#include <chrono>
#include <string_view>

#include "base/civil_time.h"
#include "load/time_window.h"

namespace tidemark::load {

enum class LoadMode {
  // "Created" or "changed", as the source can be asked.
  range,        ///< What was created from one day to another. Goes on likewise.
  incremental,  ///< What the watermark does not cover yet: what is new, and what is older.
  rescan,       ///< What was created lately, again: orders change.
  full,         ///< Everything. Goes on where it was cut off less than half a day ago.
  picked,       ///< What the extractor was told by ids; no window, no watermark.
};
[[nodiscard]] std::string_view name(LoadMode mode);

struct LoadOptions {
  LoadMode mode = LoadMode::incremental;
  TimeWindow range{};                ///< range: both ends included.
  std::chrono::seconds rescan{};     ///< rescan: so far back from now.
  CivilTime history_start{};         ///< incremental: nothing before it is read.
  std::chrono::seconds margin{300};  ///< What is younger may still be on its way.
  /// The usual re-scan: changes of older orders are reported as what it would have missed.
  std::chrono::seconds usual_rescan = std::chrono::days(15);
  bool restart = false;  ///< range: reads everything, also what an earlier try has read.
  bool dry_run = false;
};

}  // namespace tidemark::load
