#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::http {

/// What `json.dumps(json.loads(body), sort_keys=True)` gives in Python 3, byte for byte: ASCII,
/// names in the order of their code points, `", "` and `": "` between things. Existing receivers
/// sign and verify that text instead of the body that was sent (style `sorted-json`).
///
/// Of a repeated name the last value counts. Integers keep all their digits, `-0` becomes `0`;
/// floats go through a double as in Python, so `100000.00` becomes `100000.0` and 1e999 `Infinity`.
/// Error: rejected, when Python could not read the body either, or by a limit of
/// http/json_tree.h. Time and memory grow with the length of the body (and n log n of its names).
[[nodiscard]] Result<std::string> sorted_json(std::string_view body);

}  // namespace tidemark::http
