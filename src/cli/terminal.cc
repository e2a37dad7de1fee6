#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace tidemark::cli {

Terminal look_at_terminal(const config::Environment& environment, bool no_colour) {
  const bool dumb = environment("TERM").value_or("dumb") == "dumb";
  Terminal terminal;
  terminal.input = isatty(STDIN_FILENO) == 1;
  terminal.output = isatty(STDOUT_FILENO) == 1;
  terminal.errors = isatty(STDERR_FILENO) == 1 && !dumb;
  // no-color.org: any value but the empty one.
  terminal.colour = terminal.errors && !no_colour && environment("NO_COLOR").value_or("").empty();
  return terminal;
}

std::size_t terminal_columns(int fd, std::size_t fallback) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return fallback;  // NOLINT(*-vararg)
  return size.ws_col;
}

}  // namespace tidemark::cli
