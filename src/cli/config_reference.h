#pragma once

#include <span>
#include <string>

#include "base/text.h"
#include "config/option.h"

namespace tidemark::cli {

/// The reference page in Markdown: a chapter for each group, an entry for each key.
[[nodiscard]] std::string config_reference(std::span<const config::OptionGroup> groups,
                                           Language language);

}  // namespace tidemark::cli
