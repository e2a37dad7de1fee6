#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::load {

/// The views for BI tools, documented in docs/manual/warehouse.md: the same names, columns and
/// numbers on every database. Sums are made over fen; each has a second column in yuan.
/// The statements are those that MySQL 5.7 understands, too: no window functions.
[[nodiscard]] std::vector<std::string_view> view_names();

/// The version in `schema_version`, room `load.views`, of a warehouse that has them all.
[[nodiscard]] std::size_t views_version();

/// Makes the views, or brings them up to date; the tables must be there. Errors: as run::migrate.
[[nodiscard]] Result<void> migrate_views(sql::Connection& connection);

}  // namespace tidemark::load
