#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"

namespace tidemark::cli {

/// A program of this binary: `tidemark`, or one that is called by its own name (a symbolic link).
struct Program {
  Command command;
  /// What it speaks unless --lang or TIDEMARK_LANG says otherwise; nullopt: the locale decides.
  std::optional<Language> language{};
  /// Settings whose default is another here: `export.invoices.output`, `../context/invoices`.
  std::vector<std::pair<std::string, std::string>> defaults{};
  /// Variables that are settings here, weaker than flags and stronger than a file: `OUTPUT_DIR`,
  /// `reference.output`. An empty variable counts as not set.
  std::vector<std::pair<std::string, std::string>> variables{};
};

/// What every command has in common: finds language and command, shows help and version, loads
/// settings, sets up the log, runs the command, reports its failure, and checks that the result
/// reached stdout. `words` are those behind the program's name.
[[nodiscard]] ExitCode run_program(const Program& program, std::span<const std::string> words,
                                   const World& world);

}  // namespace tidemark::cli
