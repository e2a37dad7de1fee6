#pragma once

#include <string>
#include <string_view>

namespace tidemark::samples {

/// Appends `text` as a JSON string in quotes. Only `"`, `\` and control characters are escaped;
/// Chinese and all other UTF-8 stays as it is.
void append_json(std::string& out, std::string_view text);

}  // namespace tidemark::samples
