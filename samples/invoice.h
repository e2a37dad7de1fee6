#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/civil_time.h"
#include "sql/value.h"

namespace tidemark::samples {

/// One row of the invoice table, in the order of its columns.
struct Invoice {
  std::int64_t id = 0;
  std::string tenant;
  std::optional<std::string> country;
  CivilTime issue_date;
  std::string number;
  std::int64_t status = 3;
  std::string payload;  ///< JSON, as it is to be exported.
  std::optional<CivilTime> update_time;
};

/// Puts the invoice into `row` as the columns of invoice_columns(), reusing its memory.
/// `update_decimals`: digits after the second that fupdate_time keeps.
void to_row(const Invoice& invoice, int update_decimals, sql::Values& row);

}  // namespace tidemark::samples
