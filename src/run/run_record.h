#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "run/process.h"

namespace tidemark::run {

enum class RunStatus {
  running,
  success,
  partial,  ///< Some failed, the rest is stored.
  failed,
  cancelled,  ///< By a signal.
  stale,      ///< Never stored: shown for a run that says `running` but gives no sign of life.
};

[[nodiscard]] std::string_view name(RunStatus status);
[[nodiscard]] std::optional<RunStatus> parse_run_status(std::string_view text);

/// One run as it stands in the table `runs`.
struct RunRecord {
  std::string id;       ///< ULID: sorts by start.
  std::string job;      ///< `export invoices`
  std::string command;  ///< As typed, without secrets.
  Process process;
  WallTime started_at{};
  WallTime heartbeat_at{};
  std::optional<WallTime> ended_at{};
  RunStatus status = RunStatus::running;
  std::string counts = "{}";  ///< A JSON object of numbers; each job has its own keys.
  std::string error{};        ///< Why it failed, in English; empty if it did not.
  std::optional<int> exit_code{};
};

/// `running` becomes `stale` when the last heartbeat is older than a minute and the process is dead
/// on this host, or older than five minutes on another host.
[[nodiscard]] RunStatus shown_status(const RunRecord& record, WallTime now,
                                     const std::string& this_host);

/// `2025-12-03T09:04:06.123Z`: UTC, sorts as text, and means the same in every database.
[[nodiscard]] std::string stamp_text(WallTime time);
[[nodiscard]] std::optional<WallTime> parse_stamp(std::string_view text);

/// One JSON line, and back; nullopt for what is none.
[[nodiscard]] std::string to_json(const RunRecord& record);
[[nodiscard]] std::optional<RunRecord> run_record_from_json(std::string_view line);

}  // namespace tidemark::run
