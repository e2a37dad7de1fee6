#pragma once

#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"
#include "load/load_run.h"

namespace tidemark::cli {

/// `--warehouse`
[[nodiscard]] Flag warehouse_flag();
/// Opens the warehouse; an SQLite file and its folder are made if they are missing, unless it is
/// only read. Errors: invalid_config.
[[nodiscard]] Result<load::ConnectWarehouse> warehouse(const Context& context, bool read_only);

/// `load.history_start`. Errors: invalid_config.
[[nodiscard]] Result<CivilTime> history_start(const Context& context);

/// Mode and range by the flags --from, --to, --incremental, --rescan if the command takes them
/// (`windows`), else the usual mode; the rest of `load.*`. Errors: usage; invalid_config.
[[nodiscard]] Result<load::LoadOptions> load_options(const Context& context, load::LoadMode usual,
                                                     bool windows);

/// One id on a line; empty lines and what begins with # are passed over. At least one.
/// Errors: usage; those of opening a file.
[[nodiscard]] Result<std::vector<std::string>> ids_in_file(const std::string& path);

}  // namespace tidemark::cli
