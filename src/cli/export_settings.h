#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/context.h"
#include "export/slice_reader.h"
#include "export/spec.h"
#include "sql/url.h"

namespace tidemark::cli {

/// What the settings and flags of one export mean for the export room.
[[nodiscard]] exporter::TableSpec export_table(const config::Settings& settings,
                                               const std::string& name);
/// The tree of one export: `export.<name>.output`, by default `context/<name>`.
[[nodiscard]] std::string export_output(const config::Settings& settings, const std::string& name);
/// Without any flag that is for one run.
[[nodiscard]] exporter::ExportOptions configured_options(const config::Settings& settings,
                                                         const std::string& name);
/// With the flags of `export invoices`. Errors: usage (a flag's value).
[[nodiscard]] Result<exporter::ExportOptions> export_options(const Context& context,
                                                             const std::string& name);

/// The source database of one export.
struct ExportSource {
  sql::Url url;
  exporter::Connect connect;  ///< Opens one more connection; thread-safe.
};
/// Errors: invalid_config.
[[nodiscard]] Result<ExportSource> export_database(const Context& context, const std::string& name);

}  // namespace tidemark::cli
