#pragma once

#include <cstdint>
#include <string>

namespace tidemark::run {

/// Names one process for good: a number alone is given out again.
struct Process {
  std::string host;
  std::int64_t pid = 0;
  std::int64_t start =
      0;  ///< In ticks since the host's boot (field 22 of /proc/PID/stat); 0: unknown.
};

[[nodiscard]] Process this_process();

/// Whether the process still lives, if it is one of this host. A number that now belongs to a
/// younger process counts as dead.
[[nodiscard]] bool is_alive(const Process& process);

}  // namespace tidemark::run
