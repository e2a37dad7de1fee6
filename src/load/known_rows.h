#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "load/table.h"
#include "sql/connection.h"

namespace tidemark::load {

/// A row as the server shows it, for comparing.
using ShownRow = std::vector<std::optional<std::string>>;

[[nodiscard]] ShownRow shown(const sql::Values& row);
/// Whether the server shows the cells so.
[[nodiscard]] bool shown_as(std::span<const sql::Value> cells,
                            std::span<const std::optional<std::string>> texts);

/// The rows of a table whose key begins with platform and id, by id; where an id has several, they
/// stand one behind the other in one row, ordered by the last column of the key. Rows of others may
/// come along. Unless `migrated`, the table may be one of an older Tidemark, which a dry run leaves
/// as it is: what it lacks is NULL, and a table that is not there has no rows.
/// Errors: those of Connection.
[[nodiscard]] Result<std::map<std::string, ShownRow>> known_rows(sql::Connection& connection,
                                                                 const TableSpec& table,
                                                                 const std::string& platform,
                                                                 std::span<const std::string> ids,
                                                                 bool migrated);

}  // namespace tidemark::load
