#pragma once

#include <cstddef>

#include "config/environment.h"

namespace tidemark::cli {

/// What the three standard descriptors are, as far as output depends on it.
struct Terminal {
  bool input = false;   ///< stdin is a terminal: somebody can be asked.
  bool output = false;  ///< stdout is a terminal.
  bool errors = false;  ///< stderr is a terminal that can move its cursor (TERM is not `dumb`).
  bool colour = false;  ///< Colours on stderr: `errors`, and neither NO_COLOR nor --no-color.
};

[[nodiscard]] Terminal look_at_terminal(const config::Environment& environment, bool no_colour);

/// Columns of the terminal behind `fd`, now; `fallback` when it is none.
[[nodiscard]] std::size_t terminal_columns(int fd, std::size_t fallback);

}  // namespace tidemark::cli
