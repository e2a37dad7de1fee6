#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace tidemark::load {

/// Which privileges the lines of SHOW GRANTS give on every table of a database, as they are written
/// there: `SELECT`, `CREATE VIEW`, `ALL PRIVILEGES`. `names` tells whether a pattern of a grant
/// (`` tide\_% ``, a LIKE pattern) names the database. What is granted on single tables or columns
/// does not count.
[[nodiscard]] std::set<std::string> granted_privileges(
    std::span<const std::string> grants, const std::function<bool(const std::string&)>& names);

}  // namespace tidemark::load
