#pragma once

#include <span>
#include <string_view>

namespace tidemark::config {

enum class OptionType {
  text,
  integer,
  boolean,    ///< `true`, `false`; also `on`, `off`, `yes`, `no`, `1`, `0` in a variable.
  duration,   ///< `90s`, `5m`, `1h`, `2d`.
  bytes,      ///< `64MiB`, `1GB`.
  choice,     ///< One of `choices`.
  url,        ///< A database; its password prints as `***`.
  redis_url,  ///< A Redis; likewise.
  text_list,  ///< TOML array, or comma-separated in an environment variable.
};

/// Whether values of this type may carry a password of their own.
[[nodiscard]] constexpr bool is_address(OptionType type) {
  return type == OptionType::url || type == OptionType::redis_url;
}

/// One setting, declared once, as data: parser, `tidemark config check|show`, the reference page
/// and --help come from it.
struct Option {
  /// Dotted TOML path: `log.level`. A segment `*` stands for the name of a table that users may
  /// add: `export.*.table` covers `[export.invoices]`, which always exists, and
  /// `[export.receipts]`.
  std::string_view key;
  OptionType type;
  std::string_view fallback{};  ///< Default, as in an environment variable. May be empty.
  std::string_view example{};   ///< Valid, and not the default.
  std::string_view choices{};   ///< choice: `files|ndjson`.
  std::string_view range{};     ///< integer, duration, bytes: `1..256`; empty: any not negative.
  bool secret = false;          ///< Prints as `***`; `_FILE` is the recommended way.
  std::string_view en;          ///< One sentence, without full stop.
  std::string_view zh;
};

/// A chapter of the reference page.
struct OptionGroup {
  std::string_view title_en;
  std::string_view title_zh;
  std::string_view about_en;  ///< One paragraph.
  std::string_view about_zh;
  std::span<const Option> options;
};

/// Those of this room, and those that were added, in the order of the reference page.
[[nodiscard]] std::span<const OptionGroup> option_groups();

/// Adds a chapter that a room above this one declares: the settings of a shop platform. To be
/// called by main() before any setting is read; later is our own mistake (check fails).
void add_option_group(const OptionGroup& group);

/// All settings of all rooms, in the order of the reference page.
[[nodiscard]] std::span<const Option> all_options();

}  // namespace tidemark::config
