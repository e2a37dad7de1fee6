#pragma once

#include "base/stop.h"

namespace tidemark::cli {

/// The first SIGINT or SIGTERM asks `stop`; a second, a tenth of a second later or more, ends the
/// process at once with 130 or 143 (every file and every state change is atomic, so this is safe at
/// any moment). SIGPIPE is ignored: a broken pipe is an error of the write. A signal that was
/// ignored when we were started
/// (`nohup`, `&` in a script) stays ignored. `stop` must outlive the process's last signal.
void install_signals(Stop& stop);

/// Opens /dev/null in place of standard descriptors that were closed by whoever started us, so
/// that no database or output file gets the number 0, 1 or 2 and is written into by a log line.
/// Writing to such a stdout fails, as it should. Ends the process if even that is impossible.
void keep_standard_descriptors();

/// Lets the process open as many descriptors as it may: an export keeps folders of many groups
/// open, and the usual soft limit is 1,024.
void raise_descriptor_limit();

}  // namespace tidemark::cli
