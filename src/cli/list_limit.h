#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "cli/command.h"
#include "cli/context.h"

namespace tidemark::cli {

/// `-n,--limit` of a list: how many it shows at most, 1 to 100,000; `usual` if it is not given.
[[nodiscard]] Flag limit_flag(std::string_view usual, Wording text = {"How many", "条数"});
/// Its value. Errors: usage.
[[nodiscard]] Result<std::int64_t> given_limit(const Context& context, std::string_view usual);

}  // namespace tidemark::cli
