#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include "base/result.h"
#include "export/key.h"
#include "export/source_table.h"
#include "sql/connection.h"
#include "sql/rows.h"

namespace tidemark::exporter {

/// Gives `take` (see sql::each_row()) the rows of the statements that `select` makes of `keys`, as
/// many of them in each as SourceTable::keys_per_statement() allows. Errors: those of the
/// statements and of `take`.
template <class Select, class Take>
[[nodiscard]] Result<void> each_row_of(std::span<const Key> keys, const SourceTable& table,
                                       sql::Connection& connection, Select select, Take take) {
  while (!keys.empty()) {
    const std::span<const Key> some = keys.first(std::min(table.keys_per_statement(), keys.size()));
    keys = keys.subspan(some.size());
    const Statement query = select(some);
    Result<void> read = sql::each_row(connection.query(query.sql, query.params), take);
    if (!read) return read;
  }
  return {};
}

}  // namespace tidemark::exporter
