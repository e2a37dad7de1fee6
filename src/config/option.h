#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/text.h"

namespace tidemark::config {

enum class OptionType {
  text,
  integer,
  boolean,
  duration,   ///< `90s`, `5m`, `1h`, `2d`.
  bytes,      ///< `64MiB`, `1GB`.
  choice,     ///< One of `choices`.
  url,        ///< A database; its password prints as `***`.
  text_list,  ///< TOML array, or comma-separated in an environment variable.
};

/// One setting, declared once, as data: parser, `tidemark config check|show`, the reference page
/// and --help come from it.
struct Option {
  std::string_view key;  ///< Dotted TOML path: `export.invoices.table`.
  OptionType type;
  std::string_view
      fallback;  ///< Default, in the text form of an environment variable. May be empty.
  std::string_view example;
  std::string_view choices = {};  ///< choice: `files|ndjson`.
  std::string_view range = {};    ///< integer, duration, bytes: `1..256`; empty: any not negative.
  bool secret = false;            ///< Prints as `***`; `_FILE` is the recommended way.
  std::string_view en;            ///< One sentence.
  std::string_view zh;
};

/// All settings of all rooms, in the order of the reference page.
[[nodiscard]] std::span<const Option> all_options();

}  // namespace tidemark::config
