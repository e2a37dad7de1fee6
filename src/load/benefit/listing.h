#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/clock.h"
#include "base/result.h"
#include "load/time_window.h"
#include "sql/connection.h"

namespace tidemark::load {

/// When the orders of a platform were listed: windows of the time of creation that were read as a
/// whole, confirmed by the source's own count, but for the disputed gaps. An order that was not
/// among those of such a window is one that the source no longer lists. Not thread-safe.
class Listing {
 public:
  /// `has_gaps`: the warehouse has a table of them; one that an older Tidemark made has none.
  Listing(std::string platform, bool has_gaps)
      : platform_(std::move(platform)), has_gaps_(has_gaps) {}

  /// Whether what was created at that moment was listed as a whole by a scan that began after
  /// `after`. The windows are read once, when this is asked for the first time.
  /// Errors: those of Connection; corrupt.
  [[nodiscard]] Result<bool> listed_since(sql::Connection& connection, const CivilTime& created,
                                          WallTime after);

 private:
  struct Window {
    WallTime began{};  ///< The scan.
    TimeWindow window;
  };
  [[nodiscard]] Result<void> read(sql::Connection& connection);

  const std::string platform_;
  const bool has_gaps_;
  std::vector<TimeWindow> disputed_{};
  std::optional<std::vector<Window>> windows_;  ///< The newest scan first.
};

}  // namespace tidemark::load
