#pragma once

#include <string>

#include "base/result.h"
#include "samples/csv_reader.h"

namespace tidemark::samples {

/// Opens a file for streaming; gzip is recognised by its content and unpacked on the way.
/// Errors: not_found, io; while reading: corrupt (damaged or torn gzip), io.
[[nodiscard]] Result<ByteSource> open_text_file(const std::string& path);

}  // namespace tidemark::samples
