#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::relay {

/// What a field of a publication may hold (docs/wire/schema/voucher.json).
enum class FieldKind {
  key,         ///< A text that becomes part of a key: printable, no blanks around it.
  text,        ///< Any text but NUL.
  id,          ///< An integer, or a text as of a key.
  positive,    ///< An integer from 1 to 2^63 - 1.
  amount,      ///< A JSON number, or a text of digits with an optional sign and decimals.
  date,        ///< A day of the calendar, `YYYY-MM-DD`.
  currency,    ///< Three capital letters.
  event_type,  ///< Letters, digits and `_ . : -`.
  systems,     ///< An array of different texts as of a key.
  object,      ///< Any JSON object.
};

struct FieldRule {
  std::string_view name;
  FieldKind kind;
  std::size_t max = 0;    ///< Of a text: letters; of key, id, event_type, systems: bytes.
  bool nullable = false;  ///< `null` says the same as leaving it out.
};

/// The fields of fin_business_voucher (PRODUCT section 3), in its order, then event_type and
/// source_version.
[[nodiscard]] std::span<const FieldRule> voucher_fields();

/// The rule of this name; nullptr if there is none.
[[nodiscard]] const FieldRule* voucher_field(std::string_view name);

/// Checks a value, JSON as it was written, and returns its text form: a text without its quotes,
/// a number as it stands, an object or array as it stands, null as an empty text.
/// Errors: rejected, naming field and rule.
[[nodiscard]] Result<std::string> read_field(const FieldRule& rule, std::string_view value);

/// The names in what read_field made of a `systems` field.
[[nodiscard]] std::vector<std::string> read_systems(std::string_view value);

}  // namespace tidemark::relay
