#pragma once

#include <optional>
#include <string_view>

namespace tidemark::samples {

/// The country code for a name as the Online Retail data set writes it. Where ISO 3166-1 has no
/// code, we chose: `Channel Islands` is JE (Jersey, the larger part), `European Community` is EU
/// (reserved for it in ISO 3166-1). Empty for `Unspecified`, nullopt for a name that is not known.
[[nodiscard]] std::optional<std::string_view> country_code(std::string_view name);

}  // namespace tidemark::samples
