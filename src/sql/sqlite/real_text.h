#pragma once

#include <string>
#include <string_view>

namespace tidemark::sql {

/// The shortest text that reads back as the same double, with a point or an exponent: `1.0`,
/// `0.1`, `1e+300`, `Inf`. SQLite's own text has 15 digits, which is not exact.
[[nodiscard]] std::string real_text(double value);

/// Whether real_text() writes so of any number.
[[nodiscard]] bool is_real_text(std::string_view text);

/// An expression whose value to SQLite is just the number of such a text. What SQLite itself reads
/// of a text may differ in the last bit.
[[nodiscard]] std::string real_expression(std::string_view text);

}  // namespace tidemark::sql
