#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>
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

/// A table of orders has not as many: such names are data.
inline constexpr std::size_t columns_max = 1000;

/// What each of the columns is taken for; those of items are `items.sku`.
[[nodiscard]] ColumnUse use_of(const Columns& columns, const FieldMap& map);

/// Whether rows with these columns can be orders, and are: a key, a time and an amount stand in
/// tables of products, payments and deliveries as well, and such a file would fill the warehouse
/// with orders that nobody placed. So at least one column must be what only orders have, such as an
/// order number, a customer or the state of an order, or `map` names the order_id: then somebody
/// has said so. An `id` beside an `order_id`, a `payment_id` in front of it or next to it, or the
/// number of something else in the first column is the row's own key, and the order one that the
/// row (a payment) belongs to. A `payment_id` or a `delivery_no` further behind is one that an
/// order names, if the row tells of its customer or its goods as well; a `refund_id` only if it
/// tells also of the state of the order or of its delivery, or when it was paid. Numbers of all
/// three kinds behind the order's are those of an order. Errors: usage: what is missing, which
/// columns there are, and in the hint what to do.
[[nodiscard]] Result<void> check_columns(const Columns& columns, const FieldMap& map);

/// Whether one of the columns is one that only orders have.
[[nodiscard]] bool tell_of_orders(const std::vector<std::string>& names, const FieldMap& map);

/// Whether an object with these columns has strayed into a file of orders that have those of
/// `usual`: nothing tells of an order, and either it belongs to one (a payment), or most of its
/// columns are not theirs, or it lacks several that tell of them, or names goods as they do not. An
/// order that lacks a few of them, or has more, has not.
[[nodiscard]] bool is_stray(const std::vector<std::string>& names,
                            const std::unordered_set<std::string>& usual, const FieldMap& map);

}  // namespace tidemark::load::file
