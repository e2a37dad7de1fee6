#pragma once

#include <memory>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"
#include "samples/load_invoices.h"
#include "sql/connection.h"

namespace tidemark::cli {

/// Where `tidemark samples …` writes to.
struct SamplesTarget {
  sql::Url url;
  std::unique_ptr<sql::Connection> connection;
};

/// `--to URL`.
[[nodiscard]] Flag to_flag();
/// `--table`, and what an existing one means: `--replace`, `--append`; `--decimals`, `--no-index`.
[[nodiscard]] std::vector<Flag> table_flags();

/// Connects to the database of --to, which must be given: samples never go to a configured source
/// by accident. A password comes from the URL, else from `source_password`, else from DB_PASSWORD.
/// An SQLite file is made if `create` says so. Waits on the network.
/// Errors: usage, invalid_config, those of sql::connect.
[[nodiscard]] Result<SamplesTarget> samples_target(const Context& context, bool create);

/// `--replace`, `--append`. Errors: usage when both are given.
[[nodiscard]] Result<samples::IfNotEmpty> if_not_empty(const Context& context);
/// What the others of table_flags() say.
[[nodiscard]] samples::TableOptions table_options(const Context& context,
                                                  samples::IfNotEmpty policy);

}  // namespace tidemark::cli
