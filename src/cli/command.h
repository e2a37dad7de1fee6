#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/exit_code.h"
#include "base/result.h"
#include "base/text.h"

namespace tidemark::cli {

struct Context;

/// A fixed sentence in both languages.
struct Wording {
  std::string_view en{};
  std::string_view zh{};

  [[nodiscard]] std::string_view in(Language language) const {
    return language == Language::chinese ? zh : en;
  }
  [[nodiscard]] bool empty() const { return en.empty(); }
};

enum class FlagKind {
  toggle,          ///< `--dry-run`
  value,           ///< `--threads 4`, `--threads=4`, `-t4`; the last one counts.
  optional_value,  ///< `--compress`, `--compress=zstd` or `-czstd`, never `--compress zstd`.
  repeated,        ///< `--tenant A --tenant B`; for a key, the items of a list.
};

/// One flag, declared once: parser, help, completion and settings come from it.
struct Flag {
  std::string_view names;  ///< `-t,--threads` or `--tenant`. The long name is its identity.
  FlagKind kind = FlagKind::toggle;
  /// The configuration key it sets; description, default and choices then come from the option
  /// table unless given here. Empty: the command reads the flag itself. A `*` in it stands for the
  /// table that the command is about: `export.*.threads`.
  std::string_view key{};
  /// What a flag without a value means for `key`, or in Arguments::value(). Empty: `true`.
  std::string_view bare{};
  std::string_view placeholder{};  ///< `DIR`, `FILE`, `N`: shown in help; DIR and FILE complete.
  std::string_view choices{};      ///< `text|json`; anything else is refused.
  std::string_view fallback{};     ///< Shown as the default.
  Wording text{};

  [[nodiscard]] std::string_view long_name() const;   ///< `--threads`
  [[nodiscard]] std::string_view short_name() const;  ///< `-t`, or empty.
  [[nodiscard]] Wording description() const;          ///< `text`, else the option's sentence.
  [[nodiscard]] std::string_view choice_list() const;
  [[nodiscard]] std::string_view default_text() const;
};

/// A word by its place: `runs show ID`, `state reset TENANT…`.
struct Positional {
  std::string_view name;  ///< `ID`
  bool required = true;
  bool repeated = false;  ///< Takes all words that are left; only the last may.
  std::string_view choices{};
  Wording text{};
};

struct Example {
  std::string_view line;
  Wording text;
};

/// One command, or a group of commands; the program itself is the group at the top.
struct Command {
  /// What it is called by. The last of its siblings may have a name in capitals: it stands for
  /// every word that is none of theirs, as `NAME` does in `tidemark export NAME`.
  std::string_view name;
  Wording summary;  ///< One line.
  Wording about{};  ///< Further paragraphs of the help, parted by `\n\n`.
  std::vector<Flag> flags{};
  std::vector<Positional> positionals{};
  std::vector<Example> examples{};
  std::vector<Command> children{};
  /// What a `*` in its flags' keys stands for, unless --export is given; empty: its own word.
  std::string_view table{};
  /// What it does; null for a group that does nothing by itself. An Error means: nothing of use was
  /// done. It is printed by the frame and decides the exit code. A partial or cancelled run that
  /// has its own summary returns the code instead.
  Result<ExitCode> (*run)(Context&) = nullptr;
  /// False for commands that must work with a broken configuration.
  bool uses_settings = true;
  /// True: with --json the last line is a summary, also when the run could not begin.
  bool summarises = false;

  [[nodiscard]] bool stands_for_any_word() const;
};

/// Flags that every command takes, before or after its name.
[[nodiscard]] const std::vector<Flag>& global_flags();

/// `text|json` → {`text`, `json`}.
[[nodiscard]] std::vector<std::string_view> split_choices(std::string_view choices);

}  // namespace tidemark::cli
