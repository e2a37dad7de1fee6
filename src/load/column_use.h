#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tidemark::load {

/// What the columns of a file were taken for, so that nobody has to guess it from the result.
struct ColumnUse {
  /// Field and column, `order_id` and `Order No`, in the order of the fields.
  std::vector<std::pair<std::string, std::string>> taken{};
  /// Those that no field is; they are kept with the row in the raw layer and go nowhere else.
  std::vector<std::string> left{};
  bool more = false;  ///< There were others behind them, too many to name.
};

}  // namespace tidemark::load
