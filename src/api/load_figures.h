#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "run/run_record.h"
#include "sql/connection.h"

namespace tidemark::api {

/// What the last run of a load says of itself in the record of runs.
struct LoadFigures {
  std::string job;   ///< `load orders`
  std::string mode;  ///< `rescan 15d`, `range`, `usual`: one job is run in several ways.
  WallTime ended_at{};
  int exit_code = 0;
  /// windows_failed, spans_unproven, gaps_open, rows_rejected, days_missing, days_surplus,
  /// days_off, records_missing, records_surplus, missed_by_rescan: those that it has counted.
  std::map<std::string, std::int64_t> counts{};
  std::optional<std::int64_t> watermark{};  ///< Unix seconds.
};

/// The way in which a load was run, by its command line as it was typed.
[[nodiscard]] std::string load_mode_of(const std::string& command);

/// Of each load and mode the newest; `runs` must have the newest first.
[[nodiscard]] std::vector<LoadFigures> load_figures(const std::vector<run::RunRecord>& runs);

/// The same, of the runs of the last eight days. Errors: those of sql::Connection.
[[nodiscard]] Result<std::vector<LoadFigures>> read_load_figures(sql::Connection& connection,
                                                                 WallTime now);

}  // namespace tidemark::api
