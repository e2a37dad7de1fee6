#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"
#include "export/source_record.h"
#include "export/spec.h"
#include "export/tree_survey.h"
#include "sql/connection.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

struct ImportOptions {
  std::string from;      ///< A tree of an old exporter, or its state directory.
  std::string output;    ///< The tree that Tidemark exports to; may be the same.
  std::string old_zone;  ///< In which the old exporter wrote its marks. Empty: this machine's.
  std::string zone;      ///< Of the column. Empty: the server's.
  std::string source;    ///< Identity of the database, for the source record.
  TableSpec spec;
  std::chrono::milliseconds margin{};
  bool dry_run = false;
};

struct ImportReport {
  struct Mark {
    std::string tenant;
    CivilTime before;  ///< In the old zone.
    CivilTime after;   ///< In the column's zone, stepped back.
  };
  std::string tree;      ///< Where the old files are.
  std::string old_zone;  ///< By its full name.
  SourceRecord record;
  std::chrono::seconds stepped_back{};
  std::vector<Mark> marks;
  TreeSurvey survey;
  bool same_tree = false;  ///< Output is the old tree: its files will be adopted.
};

/// Takes over tree and state of an exporter that came before (its state file has our form, but its
/// marks are in its machine's zone). Marks are converted into the column's zone by the database,
/// and stepped back by the margin and by the difference of the clocks of server and machine, since
/// the old exporter took them from its machine's clock; of an hour that came twice the first is
/// meant, and none is in the future. Then state and source.json are written to `output`. No other
/// file is changed: the next incremental run finds that the index does not cover the tenants, reads
/// them from the beginning and adopts the files that are right.
///
/// Errors: usage (already exported by Tidemark; the output has another state), not_found, locked,
/// corrupt (state, naming the line), invalid_config (zone), and those of connection and disk.
[[nodiscard]] Result<ImportReport> import_state(sql::Connection& connection,
                                                const ImportOptions& options, const Clock& clock,
                                                const Stop& stop);

}  // namespace tidemark::exporter
