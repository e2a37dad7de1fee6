#pragma once

#include <optional>

#include "base/civil_time.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "cli/command.h"

namespace tidemark::cli {

/// A range of which either end may be open; both are included.
struct OpenRange {
  std::optional<CivilTime> from;
  std::optional<CivilTime> upto;
};

/// `--from`, `--to`: a day or a time; `--to` with a day means its end. Errors: usage.
[[nodiscard]] Result<OpenRange> open_range(const Arguments& arguments);

}  // namespace tidemark::cli
