#pragma once

#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"
#include "load/load_run.h"
#include "load/xiaoe/client.h"
#include "load/xiaoe/code_table.h"

namespace tidemark::cli {

/// `--warehouse`
[[nodiscard]] Flag warehouse_flag();
/// Opens the warehouse; an SQLite file and its folder are made if they are missing, unless it is
/// only read. Errors: invalid_config.
[[nodiscard]] Result<load::ConnectWarehouse> warehouse(const Context& context, bool read_only);

/// All of `xiaoe.*`.
[[nodiscard]] load::xiaoe::ClientOptions xiaoe_client_options(const config::Settings& settings);
[[nodiscard]] load::xiaoe::CodeTexts code_texts(const config::Settings& settings);

/// Mode and range by the flags --from, --to, --incremental, --rescan; the rest of `load.*`.
/// Errors: usage; invalid_config.
[[nodiscard]] Result<load::LoadOptions> load_options(const Context& context);

}  // namespace tidemark::cli
