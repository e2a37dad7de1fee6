#pragma once

#include "base/result.h"
#include "base/stop.h"

namespace tidemark {

/// How the process ends. Scripts depend on these: a code never changes its meaning, and a code
/// that a script does not know means failure.
enum class ExitCode {
  done = 0,           ///< Everything asked for is done, also when there was nothing to do.
  failed = 1,         ///< Failed; nothing, or nothing of use, was done.
  usage = 2,          ///< Wrong command line or invalid configuration; nothing was tried.
  partial = 3,        ///< Some records, groups or days failed; the rest is stored.
  locked = 11,        ///< Another run has the lock.
  unauthorized = 12,  ///< Source or target refused our credentials or grants.
  retry_later = 75,  ///< Nothing was done, and a later try may succeed (EX_TEMPFAIL of sysexits.h).
  interrupted = 130,  ///< SIGINT: the current batch was finished, the state written.
  terminated = 143,   ///< SIGTERM: likewise.
};

/// The code for a run that ended in `kind`, having stored nothing. A cancelled run ends with the
/// code of the signal that asked for it.
[[nodiscard]] ExitCode exit_code_for(ErrorKind kind, const Stop& stop);

/// interrupted or terminated; failed if nobody asked.
[[nodiscard]] ExitCode exit_code_for(const Stop& stop);
/// Likewise for the number of a signal, 0 if nobody asked.
[[nodiscard]] ExitCode exit_code_of_signal(int signal);

}  // namespace tidemark
