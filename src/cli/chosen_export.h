#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/export_settings.h"

namespace tidemark::cli {

/// Which export, and so which tree, a command is about that looks after one.
struct ChosenExport {
  std::string name;    ///< `invoices`, or another `[export.NAME]`.
  std::string output;  ///< Its folder.
};

/// `--export` and `--output-dir`.
[[nodiscard]] std::vector<Flag> tree_flags();
/// As above, and `--source`.
[[nodiscard]] std::vector<Flag> tree_and_source_flags();

/// Errors: usage (there is no such export).
[[nodiscard]] Result<std::string> chosen_name(const Context& context);
/// Errors: as above.
[[nodiscard]] Result<ChosenExport> chosen_export(const Context& context);
/// For a command with tree_and_source_flags(). Errors: invalid_config, usage.
[[nodiscard]] Result<ExportSource> chosen_source(const Context& context, const std::string& name);

}  // namespace tidemark::cli
