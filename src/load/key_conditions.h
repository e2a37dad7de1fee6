#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "load/row_sql.h"
#include "sql/connection.h"

namespace tidemark::load {

/// Which rows of a table have one of many keys.
struct KeyConditions {
  /// Each to be asked with; no row meets two of them. Empty: the table has none of the keys.
  std::vector<Condition> conditions;
  /// There is one condition, and it is a range: rows with other keys may meet it, at most about as
  /// many as there are keys, and every row between the first key and the last does.
  bool range = false;
};

/// Shops number their records by time, so a batch of them mostly is all that a table has between
/// its first key and its last, and reading that range is several times as fast as asking for each
/// key. Whether it is so, is asked first: the table has at most twice as many rows there. Else come
/// lists of keys.
///
/// `within`: what the rows meet besides, the columns before `column` in the table's key. Errors:
/// those of Connection.
[[nodiscard]] Result<KeyConditions> key_conditions(sql::Connection& connection,
                                                   std::string_view table, const Condition& within,
                                                   std::string_view column,
                                                   std::span<const std::string> keys);

}  // namespace tidemark::load
