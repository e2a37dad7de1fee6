#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tidemark {

inline constexpr std::size_t json_depth_max = 1000;

/// Why a payload is not exported.
struct JsonFault {
  std::string_view reason;  ///< English, a constant: `unexpected character`, `invalid UTF-8`, …
  std::size_t position;     ///< Byte offset of the first fault.
  std::string field{};      ///< The required field that is missing, else empty.
};

/// Is `text` one JSON value as RFC 8259 defines it, in valid UTF-8, nested at most json_depth_max
/// deep? Builds no tree and allocates nothing unless fields are required. Accepts what the grammar
/// accepts: numbers of any length, duplicate names, escaped lone surrogates; the bytes pass
/// through as they are.
///
/// `required`: names that must be present with a value other than null; `seller.tax_id` names a
/// member of a member.
/// Returns nullopt if all is well.
[[nodiscard]] std::optional<JsonFault> check_json(std::string_view text,
                                                  std::span<const std::string> required = {});

}  // namespace tidemark
