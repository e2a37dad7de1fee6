#pragma once

#include <optional>

#include "export/doctor.h"

namespace tidemark::exporter {

/// `parts`: each group of a packed tree (layout ndjson) has its manifest, and each part that one
/// lists is there in its size. nullopt if the tree is none. Opens each part once, and reads none.
[[nodiscard]] std::optional<Finding> check_parts(const std::string& output);

}  // namespace tidemark::exporter
