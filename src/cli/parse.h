#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "config/settings.h"

namespace tidemark::cli {

/// A command line that was understood.
struct Invocation {
  /// From the program down to the command, by the words given: never empty.
  std::vector<const Command*> path;
  std::string word;  ///< What the last of them was called by, where it stands for any word.
  Arguments arguments;
  /// The settings that flags made, for config::LoadRequest.
  std::vector<std::pair<std::string, config::Setting>> settings;
  bool help = false;  ///< --help was given; the rest may be incomplete.

  [[nodiscard]] const Command& command() const { return *path.back(); }
  /// `tidemark export invoices`
  [[nodiscard]] std::string name() const;
};

/// Reads the words behind the program's name by the rules of POSIX and GNU: `--flag`,
/// `--flag=value`, `--flag value`, `-f`, `-fvalue`, `-f value`, `-abc`, `--` before words that are
/// no flags. Flags and words may be mixed.
///
/// A value is taken as it stands, byte for byte; `--flag=` is the empty value. A declared flag is
/// never swallowed as the value of the one before it: `--tenant --dry-run` is an error, since a
/// forgotten value must not turn a dry run into a real one.
///
/// Errors: usage, with the nearest command or flag as a hint.
[[nodiscard]] Result<Invocation> parse(const Command& program, std::span<const std::string> words);

/// Is the toggle among `words` (before `--`)? For what must be known although parsing failed.
[[nodiscard]] bool mentions(std::span<const std::string> words, std::string_view flag);

}  // namespace tidemark::cli
