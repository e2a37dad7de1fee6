#pragma once

#include <string>

#include "base/result.h"

namespace tidemark::exporter {

/// Puts a damaged index aside as `PATH.damaged`, with its WAL. Where this is interrupted,
/// finish_putting_aside() does the rest: an index is never read without its own WAL, nor with
/// another's. Errors: io.
[[nodiscard]] Result<void> put_index_aside(const std::string& path);

/// Before the index at `path` is opened. Errors: io.
[[nodiscard]] Result<void> finish_putting_aside(const std::string& path);

}  // namespace tidemark::exporter
