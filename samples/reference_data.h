#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "samples/schema.h"
#include "sql/connection.h"

namespace tidemark::samples {

/// Makes the five reference tables and fills them with the codes most used: ISO 4217 currencies,
/// UNCL1001 document types, UN/ECE Rec 20 units, UNCL5305 tax categories and UNCL4461 payment
/// means, with English and Chinese names; the last three for each country of the sample invoices.
/// A table that has rows is left alone unless `replace`. Returns the number of rows written.
[[nodiscard]] Result<std::int64_t> create_reference_data(sql::Connection& connection, bool replace);

/// Writes `rows` (values as the columns of `table`) in one transaction.
[[nodiscard]] Result<std::int64_t> write_reference_rows(sql::Connection& connection,
                                                        const ReferenceTable& table,
                                                        std::vector<sql::Values> rows);

/// The Chinese name of a code in the builtin lists; empty if it is not among them.
[[nodiscard]] std::string_view chinese_name(const ReferenceTable& table, std::string_view code);

}  // namespace tidemark::samples
