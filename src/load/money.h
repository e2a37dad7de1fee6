#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace tidemark::load {

/// Money in fen (1/100 yuan), up to 10^15. Never a double on the way.
inline constexpr std::int64_t fen_max = 1'000'000'000'000'000;

/// `19.9`, `0`, `-3.50` in yuan. nullopt for what is no number, has parts of a fen, or is too
/// large.
[[nodiscard]] std::optional<std::int64_t> fen_of_yuan(std::string_view text);
/// `1990`, `1990.0` in fen. nullopt likewise.
[[nodiscard]] std::optional<std::int64_t> fen_of_fen(std::string_view text);
/// Why those two take `text` for no amount, as the rest of a sentence: `it has …`.
[[nodiscard]] Message why_no_amount(std::string_view text, bool in_fen);
/// `19.90`
[[nodiscard]] std::string yuan_text(std::int64_t fen);

}  // namespace tidemark::load
