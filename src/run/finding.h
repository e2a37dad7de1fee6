#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::run {

enum class Verdict {
  ok,
  warning,  ///< The work goes on, but something may be lost, slow or soon broken.
  failure,  ///< The work cannot be done, or something is wrong already.
};

[[nodiscard]] std::string_view name(Verdict verdict);  ///< ok, warning, failure

/// What one look at a job's surroundings found, for `tidemark doctor`.
struct Finding {
  std::string check;  ///< Stable id: `clock`, `index`, `disk`, …
  Verdict verdict = Verdict::ok;
  Message what;
  Message mend{};           ///< The next step; empty if none is needed.
  std::string statement{};  ///< SQL that mends it, exactly; or empty.
};

/// A check that could not be made, for the reason `error`.
[[nodiscard]] Finding unchecked(std::string_view check, const Error& error,
                                Verdict verdict = Verdict::warning);

}  // namespace tidemark::run
