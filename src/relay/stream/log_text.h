#pragma once

#include <string>

#include "base/result.h"

namespace tidemark::relay {

/// An error as the hub's log tells it, with the next step where there is one.
[[nodiscard]] inline std::string log_text(const Error& error) {
  return error.hint.empty() ? error.what.en : error.what.en + " (" + error.hint.en + ')';
}

}  // namespace tidemark::relay
