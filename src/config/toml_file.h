#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::config {

enum class TomlKind { text, integer, boolean, text_list, table, other };

/// One key of a TOML file with its value, or a table before its keys.
struct TomlEntry {
  std::string key;  ///< Dotted; a part that is no bare key is in quotes, so no dot is ambiguous.
  TomlKind kind = TomlKind::other;
  std::vector<std::string> texts;  ///< The value's text; a list's items; none for table and other.
  unsigned line = 0;               ///< From 1.
  std::string kind_en;             ///< For people: `a list`, `a date`.
  std::string kind_zh;
};

/// All entries of a TOML 1.0 document, in the order of the file, each table before
/// what is in it. CRLF and a UTF-8 byte order
/// mark are fine, an empty document too. At most 1 MiB.
/// Errors: invalid_config, starting with `name:line:column`. Never throws.
[[nodiscard]] Result<std::vector<TomlEntry>> parse_toml(std::string_view bytes,
                                                        std::string_view name);

}  // namespace tidemark::config
