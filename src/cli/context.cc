#include "cli/context.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>

namespace tidemark::cli {
namespace {

constexpr std::size_t answer_length_max = 64;

/// One line from stdin without its newline; what is longer than any answer is cut.
std::string read_answer(const Stop& stop) {
  std::string answer;
  char letter = '\0';
  while (!stop.requested()) {
    // Unlike read(), poll() is not restarted after a signal: Ctrl-C ends the question.
    pollfd ready{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, -1) < 0) continue;
    const ssize_t got = ::read(STDIN_FILENO, &letter, 1);
    if (got <= 0 || letter == '\n') break;
    if (answer.size() < answer_length_max) answer += letter;
  }
  return answer;
}

}  // namespace

bool Context::can_ask() const {
  return terminal.input && terminal.errors && !json && !arguments.has("--no-input");
}

Result<bool> Context::confirm(const Message& question) const {
  if (arguments.has("--yes")) return true;
  if (!can_ask())
    return fail(Error{ErrorKind::usage, question, {}}.with_hint(
        {"nobody can be asked here: add --yes to agree", "此处无法询问：如同意请加 --yes"}));
  fmt::print(stderr, "{} [y/N] ", question.in(language));
  std::fflush(stderr);
  const std::string answer = read_answer(world.stop);
  if (world.stop.requested()) return fail(ErrorKind::cancelled, {"interrupted", "已中断"});
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "是";
}

}  // namespace tidemark::cli
