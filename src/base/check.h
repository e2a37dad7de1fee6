#pragma once

#include <source_location>
#include <string_view>

namespace tidemark {

/// Stops the process: `what` can only be our own mistake. Stays on in release (a crash is safe,
/// every job can be repeated; carrying on with broken invariants is not).
[[noreturn]] void broken_invariant(std::string_view what, std::source_location where);

inline void check(bool holds, std::string_view what,
                  std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    broken_invariant(what, where);
}

}  // namespace tidemark
