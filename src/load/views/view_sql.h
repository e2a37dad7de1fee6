#pragma once

#include <string>
#include <string_view>

#include "sql/url.h"

namespace tidemark::load {

/// Fills in the words of a dialect, so that a view is written once for all databases. In `text`:
///
///   $day(x)      the day of a time, a DATE (text in SQLite)
///   $month(x)    `2025-01`
///   $months(x)   months since year 0, for differences
///   $seconds(x)  seconds since 1970, for differences
///   $whole(x)    a sum of integers as an integer: elsewhere it is a decimal
///   $yuan(x)     fen as yuan: DECIMAL(20,2), exact text in SQLite, whose decimals are doubles
///   $bytes(x)    a text that is compared by its bytes
///
/// Arguments may contain further ones. An unknown word is our own mistake (check fails).
[[nodiscard]] std::string dialect_sql(std::string_view text, sql::Dialect dialect);

}  // namespace tidemark::load
