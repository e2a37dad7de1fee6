#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::load::file {

/// What a column of an order file can mean. Those from `resource_id` to `line_price` belong to a
/// line of the order, the others to the order as a whole.
enum class Field {
  order_id,
  user_id,
  created_at,
  price,
  order_state,
  ship_state,
  coupon_price,
  coupon_id,
  coupon_name,
  refund_money,
  pay_time,
  refund_time,
  settle_time,
  updated_at,
  out_order_id,
  transaction_id,
  goods_no,
  items,  ///< NDJSON: an array of objects, the lines of the order.
  resource_id,
  title,
  quantity,
  line_price,
};
inline constexpr std::size_t field_count = 22;

/// `order_id`
[[nodiscard]] std::string_view name(Field field);
[[nodiscard]] std::optional<Field> field_named(std::string_view name);
/// All names, for a message: `order_id, user_id, …`.
[[nodiscard]] std::string field_names();

/// Which columns were named for which fields.
using FieldMap = std::map<Field, std::string>;
/// At which place of a row each field stands.
using Places = std::array<std::optional<std::size_t>, field_count>;

/// The name without `_`, `-` and blanks, in small letters: how names of columns are compared.
[[nodiscard]] std::string plain_name(std::string_view column);

/// A field that was mapped is the column of exactly that name; any other the first column that
/// goes by one of its usual names, in English or Chinese, without regard to case, `_`, `-` and
/// blanks. A column that was mapped for the lines' price is not taken for the order's, too. The
/// usual names are those of Tidemark's own tables, of Shopify's, and common ones.
[[nodiscard]] Places places_of(const std::vector<std::string>& columns, const FieldMap& map);

}  // namespace tidemark::load::file
