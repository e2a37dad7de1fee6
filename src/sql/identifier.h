#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tidemark::sql {

/// `sales.t_invoice` as `"sales"."t_invoice"`; a quote inside a name is doubled. Whatever the
/// name holds, it stays one name (or two, at the first dot).
[[nodiscard]] std::string quoted_identifier(std::string_view identifier, char quote);

/// Schema and table; the schema is empty if there is no dot.
[[nodiscard]] std::pair<std::string, std::string> split_identifier(std::string_view identifier);

}  // namespace tidemark::sql
