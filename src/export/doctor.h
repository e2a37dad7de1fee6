#pragma once

#include <vector>

#include "base/clock.h"
#include "export/source_table.h"
#include "export/spec.h"
#include "run/finding.h"
#include "sql/connection.h"

namespace tidemark::exporter {

using run::Finding;
using run::unchecked;
using run::Verdict;

/// What the checks look at. Every check reads only, and does little: what it costs on a large table
/// is bounded, and where that leaves something unseen it says so.
struct Patient {
  sql::Connection& connection;
  const SourceTable& table;
  const ExportOptions& options;
  const Clock& clock;
};

/// All checks of the server and the table. Those that the connection breaks in are findings, too.
[[nodiscard]] std::vector<Finding> examine_source(const Patient& patient);

/// All checks of the output folder of the `[export.NAME]` and what it holds. `patient` as it was
/// examined, or nullptr if there is none: then what depends on it is left out.
[[nodiscard]] std::vector<Finding> examine_tree(const std::string& name,
                                                const ExportOptions& options,
                                                const Patient* patient);

}  // namespace tidemark::exporter
