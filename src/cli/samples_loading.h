#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "base/exit_code.h"
#include "cli/context.h"
#include "samples/load_invoices.h"

namespace tidemark::cli {

/// A finished load of an invoice table.
struct Loading {
  samples::LoadedRows rows;
  std::chrono::milliseconds elapsed{};
};

using LoadInvoices = std::function<Result<samples::LoadedRows>(samples::TableOptions)>;

/// Runs `load` with `table`, and shows progress meanwhile; `expected` rows, if that is known.
[[nodiscard]] Result<Loading> load_with_progress(const Context& context,
                                                 samples::TableOptions table,
                                                 std::optional<std::int64_t> expected,
                                                 const LoadInvoices& load);

/// The members of the summary line that all loads have in common.
[[nodiscard]] nlohmann::ordered_json loading_json(std::string_view command,
                                                  const std::string& database,
                                                  const std::string& table, const Loading& loading);

/// Says in one line what was written: `10,000 invoices (29.1 MiB of JSON) in t_invoice …, 0.9 s`.
void print_loading(const Context& context, const std::string& database, const std::string& table,
                   const Loading& loading);

/// done, or the code of the signal that stopped it.
[[nodiscard]] ExitCode exit_code_of(const Context& context, const samples::LoadedRows& rows);

}  // namespace tidemark::cli
