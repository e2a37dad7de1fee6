#pragma once

#include <string>

#include "base/text.h"

namespace tidemark::config {

/// The reference of all settings as Markdown, from the option tables: docs/configuration.md and
/// docs/configuration.zh-CN.md. Ends with a newline.
[[nodiscard]] std::string reference_page(Language language);

/// A tidemark.toml with every setting, its sentence above it, commented out and at its default or
/// example. Loads as it is, and with every `#key` line uncommented. Ends with a newline.
[[nodiscard]] std::string example_toml(Language language);

}  // namespace tidemark::config
