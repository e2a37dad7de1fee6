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
/// configured_options() for the chosen tree, with the layout in which it was exported: a command
/// that looks after a tree takes it as it is. Errors: corrupt, io.
[[nodiscard]] Result<exporter::ExportOptions> options_of_tree(const Context& context,
                                                              const ChosenExport& chosen);
/// For a command with tree_and_source_flags(). Errors: invalid_config, usage.
[[nodiscard]] Result<ExportSource> chosen_source(const Context& context, const std::string& name);

}  // namespace tidemark::cli
