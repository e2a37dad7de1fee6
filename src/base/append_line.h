#pragma once

#include <string>

#include "base/result.h"

namespace tidemark {

/// Adds a line to the end of a text file (made with mode 0600 if there is none), durable when this
/// returns. A line that cannot be written as a whole, as on a full disk, is taken back; what a
/// crash left of one does not spoil the next. For files that one process at a time writes.
/// Errors: io, no_space.
[[nodiscard]] Result<void> append_line(const std::string& path, std::string line);

}  // namespace tidemark
