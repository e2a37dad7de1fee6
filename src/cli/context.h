#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/stop.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "config/environment.h"
#include "config/settings.h"

namespace tidemark::cli {

struct Command;

/// The world outside, as main() found it; tests bring their own.
struct World {
  const Clock& clock;
  Random& random;  ///< For the main thread.
  Stop& stop;
  Output& out;
  config::Environment environment = config::system_environment();
  std::vector<std::string> environment_names = config::system_environment_names();
};

/// Everything that a command needs, handed to its run(). Lives as long as the run.
struct Context {
  const World& world;
  const Command& program;   ///< The whole tree.
  const std::string& name;  ///< `tidemark export invoices`
  const Arguments& arguments;
  const config::Settings& settings;  ///< Empty for a command with uses_settings = false.
  Language language = Language::english;
  Terminal terminal;
  bool json = false;
  bool quiet = false;
  /// As typed, for the ledger: passwords in URLs and values of secret settings are `***`.
  std::string command_line;

  /// A line of the result, for people. Nothing with --json.
  void print(const Message& message) const {
    if (!json) world.out.line(message.in(language));
  }
  /// May the command ask (somebody is there, no --no-input, no --json)?
  [[nodiscard]] bool can_ask() const;
  /// Asks on stderr; true on y, yes, 是; also with --yes. Only if can_ask() or --yes, else usage
  /// error that names --yes. Waits for the answer.
  [[nodiscard]] Result<bool> confirm(const Message& question) const;
};

}  // namespace tidemark::cli
