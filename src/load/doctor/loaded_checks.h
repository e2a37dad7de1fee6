#pragma once

#include <vector>

#include "load/doctor/warehouse_checks.h"
#include "run/finding.h"

namespace tidemark::load {

/// How a warehouse stands with what was loaded into it: the watermark of each stream, rows that
/// were set aside, what could not be read. Its tables must be there, those of this version or of an
/// older one. Reads little.
[[nodiscard]] std::vector<run::Finding> examine_loads(const WarehousePatient& patient);

}  // namespace tidemark::load
