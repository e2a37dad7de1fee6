#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "load/column_use.h"
#include "load/file/field.h"

namespace tidemark::load::file {

/// The columns of a file, as far as its header or its first objects name them.
struct Columns {
  std::vector<std::string> names{};
  std::vector<std::string> item_names{};  ///< Of the objects in the column that is Field::items.
  bool all = true;                        ///< False: objects further down may have others.
};

/// What each of the columns is taken for; those of items are `items.sku`.
[[nodiscard]] ColumnUse use_of(const Columns& columns, const FieldMap& map);

/// Whether rows with these columns can be orders, and are: a key, a time and an amount stand in
/// tables of products, payments and deliveries as well, and such a file would fill the warehouse
/// with orders that nobody placed. So at least one column must be what only orders have, such as an
/// order number, a customer or the state of an order, or `map` names the order_id: then somebody
/// has said so. An `id` beside an `order_id` is the row's own key, and the order one that the row
/// (a payment, a refund) belongs to.
/// Errors: usage: what is missing, which columns there are, and in the hint what to do.
[[nodiscard]] Result<void> check_columns(const Columns& columns, const FieldMap& map);

}  // namespace tidemark::load::file
