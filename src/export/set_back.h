#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/civil_time.h"
#include "base/result.h"
#include "export/tree_index.h"
#include "watermark/clock_reading.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// The database's clock was set back, after which rows get stamps that watermarks have passed. It
/// counts until the clock has passed all these watermarks again.
struct SetBack {
  CivilTime read_from;  ///< The earliest stamp in doubt; later once all tenants were read.
  /// No run had written a later watermark. One that is later somebody typed: it waits for nothing.
  std::optional<CivilTime> marks_upto;
  /// Found by this reading of the clock, by how much; nullopt: by an earlier run.
  std::optional<std::chrono::microseconds> by;

  [[nodiscard]] bool is_ours(CivilTime mark) const { return !marks_upto || mark <= *marks_upto; }
};

/// What the index remembers, and what `now` shows beside its last reading. Changes nothing.
/// `whole_days`: stamps are dates.
[[nodiscard]] Result<std::optional<SetBack>> find_set_back(TreeIndex& index,
                                                           const watermark::ClockReading& now,
                                                           const watermark::State& state,
                                                           bool whole_days);

/// nullopt: it is over.
[[nodiscard]] Result<void> remember_set_back(TreeIndex& index, const std::optional<SetBack>& back);
[[nodiscard]] Result<void> remember_clock(TreeIndex& index, const watermark::ClockReading& now);

}  // namespace tidemark::exporter
