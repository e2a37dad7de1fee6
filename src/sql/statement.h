#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/url.h"

namespace tidemark::sql {

/// The text between the `?` of a statement, one piece more than there are placeholders. A `?` in
/// quotes or in a comment is text. The pieces point into `sql`.
[[nodiscard]] std::vector<std::string_view> split_at_placeholders(std::string_view sql,
                                                                  Dialect dialect);

/// The statement on one line, cut to a readable length, for error texts.
[[nodiscard]] std::string excerpt(std::string_view sql);

/// The beginning of a statement of somebody else, for people: numbers are `?`, and it ends at the
/// first quote, behind which a password or a customer may stand.
[[nodiscard]] std::string outline(std::string_view sql);

/// The caller gave more or fewer values than the statement has placeholders.
[[nodiscard]] Error wrong_parameter_count(std::string_view sql, std::size_t wanted,
                                          std::size_t given);

}  // namespace tidemark::sql
