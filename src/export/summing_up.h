#pragma once

#include "export/chunk.h"
#include "export/export_plan.h"
#include "export/publisher.h"
#include "export/summary.h"

namespace tidemark::exporter {

/// Adds to `summary` what the groups, the publisher (finished) and the jobs of a run's plan
/// counted. Rows that were read and are not accounted for become an error of the run.
void sum_up(const GroupTable& groups, const Publisher& publisher, const ExportPlan& plan,
            ExportSummary& summary);

}  // namespace tidemark::exporter
