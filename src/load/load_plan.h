#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "load/extractor.h"
#include "load/load_options.h"
#include "load/scan_store.h"
#include "load/time_window.h"

namespace tidemark::load {

/// Whether a load asks once for everything, without windows.
[[nodiscard]] bool reads_at_once(const LoadOptions& options, const Reach& reach);

/// What a load is to read, by the source's clock: one range, or behind it also an older one that
/// the watermark lacks.
struct LoadPlan {
  TimeWindow range{};
  std::optional<TimeWindow> earlier{};

  /// `known` is the watermark. Errors: rejected: it lies in the future.
  [[nodiscard]] static Result<LoadPlan> make(const LoadOptions& options, const Reach& reach,
                                             const std::optional<Complete>& known,
                                             const CivilTime& now);
  /// In the order in which they are read. What has settled is apart from what may still come: a
  /// total that new records hold up would hide that others are gone, and that the pages behind
  /// have moved. The older range comes last and backwards, so that each window adjoins the
  /// watermark: what was read of it need not be read again.
  [[nodiscard]] std::vector<TimeWindow> windows(const LoadOptions& options, const Reach& reach,
                                                const CivilTime& now) const;
};

}  // namespace tidemark::load
