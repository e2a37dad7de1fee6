#pragma once

#include <string_view>
#include <vector>

#include "cli/frame.h"

namespace tidemark::cli {

/// The program `tidemark` with all its commands.
[[nodiscard]] Program tidemark_program();

/// The program that goes by the file name of `argv0` (`/usr/local/bin/export_invoice_data`);
/// `tidemark` for every name that is no other program's.
[[nodiscard]] Program program_called(std::string_view argv0);

}  // namespace tidemark::cli
