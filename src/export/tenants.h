#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "export/source_table.h"
#include "sql/connection.h"

namespace tidemark::exporter {

/// All tenants that an incremental run has to look at, by their bytes, sorted: those of the table
/// and `known` (they keep moving on even when all their rows are gone). NULL counts as empty.
///
/// The cost does not depend on the size of the table where an index starts with the tenant: the
/// distinct values are found by a loose index scan. A collation that takes several spellings for
/// one ('a', 'A', 'a ') shows only one of them; the others are found among the rows of `recent`,
/// which must reach back to the baseline when spellings may be missing from `known`: then all of
/// the index is read.
///
/// Errors: those of the connection.
[[nodiscard]] Result<std::vector<std::string>> find_tenants(sql::Connection& connection,
                                                            const SourceTable& table,
                                                            const std::vector<std::string>& known,
                                                            const watermark::Window& recent);

/// `1 tenant`, `3 tenants`; `3 个租户`.
[[nodiscard]] Message tenants_text(std::uint64_t count);

}  // namespace tidemark::exporter
