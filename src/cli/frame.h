#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/context.h"

namespace tidemark::cli {

/// A program of this binary: `tidemark`, or one that is called by its own name (a symbolic link).
struct Program {
  Command command;
  /// What it speaks unless --lang or TIDEMARK_LANG says otherwise; nullopt: the locale decides.
  std::optional<Language> language{};
};

/// What every command has in common: finds language and command, shows help and version, loads
/// settings, sets up the log, runs the command, reports its failure, and checks that the result
/// reached stdout. `words` are those behind the program's name.
[[nodiscard]] ExitCode run_program(const Program& program, std::span<const std::string> words,
                                   const World& world);

}  // namespace tidemark::cli
