#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/text.h"
#include "config/environment.h"

namespace tidemark::cli {

/// `zh`, `zh-CN`, `zh_TW.UTF-8`, `en`, `en_US.UTF-8`, in any case; nullopt for anything else.
[[nodiscard]] std::optional<Language> parse_language(std::string_view text);

/// The language of everything said from the first word on, so it is known before the command line
/// is parsed: `--lang`, then TIDEMARK_LANG, then `preset` (what a program speaks by default), then
/// the locale (the first of LC_ALL, LC_MESSAGES, LANG that is set), else English.
/// A `--lang` that cannot be read is passed over here; the parser refuses it.
[[nodiscard]] Language choose_language(std::span<const std::string> arguments,
                                       const config::Environment& environment,
                                       std::optional<Language> preset = std::nullopt);

}  // namespace tidemark::cli
