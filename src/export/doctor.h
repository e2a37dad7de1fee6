#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "export/source_table.h"
#include "export/spec.h"
#include "sql/connection.h"

namespace tidemark::exporter {

enum class Verdict {
  ok,
  warning,  ///< An export works, but something may be lost, slow or soon broken.
  failure,  ///< An export cannot work.
};

[[nodiscard]] std::string_view name(Verdict verdict);  ///< ok, warning, failure

/// What one look at the export's surroundings found.
struct Finding {
  std::string check;  ///< Stable id: `clock`, `index`, `disk`, …
  Verdict verdict = Verdict::ok;
  Message what;
  Message mend{};           ///< The next step; empty if none is needed.
  std::string statement{};  ///< SQL that mends it, exactly; or empty.
};

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

/// All checks of the output folder and what it holds. `connection` as it was examined, or nullptr
/// if there is none: then what depends on it is left out.
[[nodiscard]] std::vector<Finding> examine_tree(const ExportOptions& options,
                                                const Patient* patient);

/// A check that could not be made, for the reason `error`.
[[nodiscard]] Finding unchecked(std::string_view check, const Error& error,
                                Verdict verdict = Verdict::warning);

}  // namespace tidemark::exporter
