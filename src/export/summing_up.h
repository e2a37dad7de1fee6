#pragma once

#include <deque>

#include "export/chunk.h"
#include "export/publisher.h"
#include "export/summary.h"

namespace tidemark::exporter {

/// Adds to `summary` what the groups, the publisher (finished) and the jobs of a run counted. Rows
/// that were read and are not accounted for become an error of the run.
void sum_up(const GroupTable& groups, const Publisher& publisher, const std::deque<Job>& jobs,
            ExportSummary& summary);

}  // namespace tidemark::exporter
