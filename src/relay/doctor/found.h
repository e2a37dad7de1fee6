#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/connection.h"
#include "sql/value.h"

namespace tidemark::relay {

/// How many there are of something that should not be, and the first few.
struct Found {
  std::int64_t count = 0;
  std::vector<std::string> examples{};

  void add(std::string example, std::int64_t how_many = 1);
  [[nodiscard]] bool none() const { return count == 0; }
  /// `3: sub_…-1, sub_…-7, sub_…-9`
  [[nodiscard]] std::string text() const;
};

/// The rows of a query over two columns, subscription and number, as `sub_…-42`; of one column as
/// they are. Errors: those of sql::Connection.
[[nodiscard]] Result<Found> find(sql::Connection& connection, std::string_view sql,
                                 const sql::Values& params = {});

/// The number that a query gives. Errors: those of sql::Connection.
[[nodiscard]] Result<std::int64_t> count(sql::Connection& connection, std::string_view sql,
                                         const sql::Values& params = {});

}  // namespace tidemark::relay
