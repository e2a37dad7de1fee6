#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/text.h"
#include "config/option.h"

namespace tidemark::config {

/// `90s`, `5m`, `1h`, `2d`, `250ms`; a bare number is refused. At most 36,500 days.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// `64MiB` (2^20), `1GB` (10^9), `4096`.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);
/// The parts between the separators, at least one; they live as long as `text`.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// The items of a comma-separated list, without the blanks around them.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// What an option takes, to follow "must be": `a whole number between 1 and 256`.
[[nodiscard]] Message expected(const Option& option);

/// `text` in the one form that Settings keeps: `true` and `false` for a boolean, no blanks in a
/// list. Errors: invalid_config, with the reason alone; the caller knows key and place.
[[nodiscard]] Result<std::string> checked_value(const Option& option, std::string_view text);

/// For people: a secret as `***`, a URL without its password.
[[nodiscard]] std::string shown_value(const Option& option, std::string_view value);

}  // namespace tidemark::config
