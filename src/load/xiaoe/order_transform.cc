#include "load/xiaoe/order_transform.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/json_object.h"
#include "load/money.h"

namespace tidemark::load::xiaoe {
namespace {

/// Keys of the warehouse's tables; longer ones cannot be indexed everywhere.
constexpr std::size_t id_bytes_max = 128;
constexpr std::size_t text_bytes_max = 16'000;
/// What the API writes for a moment that never came.
constexpr std::array<std::string_view, 3> no_times = {"0000-00-00 00:00:00", "-0001-11-30 00:00:00",
                                                      "0000-00-00"};
constexpr int year_min = 1970;

/// The fields of one row. Remembers the first that cannot be stored.
class Fields {
 public:
  explicit Fields(const std::vector<JsonMember>& members) : members_(members) {}

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  /// A text, or a number as it was written. Empty if there is none.
  std::string text(std::string_view name, std::size_t bytes_max = text_bytes_max) {
    const std::optional<std::string_view> value = find(name);
    if (!value) return {};
    std::string text;
    if (value->starts_with('"')) {
      auto unescaped = json_text(*value);
      if (!unescaped) return refuse(name, *value), std::string();
      text = std::move(*unescaped);
    } else if (value->front() == '{' || value->front() == '[') {
      return refuse(name, *value), std::string();
    } else {
      text = *value;
    }
    // No database here stores a NUL in a text everywhere.
    if (text.size() > bytes_max || text.contains('\0')) return refuse(name, *value), std::string();
    return text;
  }

  std::string id(std::string_view name) { return text(name, id_bytes_max); }

  std::optional<std::int64_t> integer(std::string_view name) {
    const std::string digits = text(name);
    if (digits.empty()) return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc{} && end == digits.data() + digits.size()) return number;
    refuse(name, digits);
    return std::nullopt;
  }

  std::optional<std::int64_t> money(std::string_view name,
                                    std::optional<std::int64_t> (*fen)(std::string_view)) {
    const std::string amount = text(name);
    if (amount.empty()) return std::nullopt;
    const std::optional<std::int64_t> parsed = fen(amount);
    if (!parsed) refuse(name, amount);
    return parsed;
  }

  std::optional<CivilTime> time(std::string_view name) {
    const std::string written = text(name);
    if (written.empty() || std::ranges::find(no_times, written) != no_times.end())
      return std::nullopt;
    const std::optional<CivilTime> time = CivilTime::parse(written);
    static const CivilTime earliest = CivilTime(std::chrono::local_days(std::chrono::year_month_day(
        std::chrono::year(year_min), std::chrono::January, std::chrono::day(1))));
    if (time && *time >= earliest) return time->floor_to(0);
    refuse(name, written);
    return std::nullopt;
  }

  /// As it came: an array, or one value.
  std::string verbatim(std::string_view name) {
    const std::optional<std::string_view> value = find(name);
    if (!value) return {};
    if (value->size() > text_bytes_max) return refuse(name, *value), std::string();
    return json_compact(*value);
  }

  void missing(std::string_view name) {
    if (!error_) error_ = make_error(ErrorKind::rejected, {"{} is missing", "缺少 {}"}, name);
  }

 private:
  std::optional<std::string_view> find(std::string_view name) const {
    const auto found = std::ranges::find(members_, name, &JsonMember::name);
    if (found == members_.end() || found->value == "null") return std::nullopt;
    return found->value;
  }

  void refuse(std::string_view name, std::string_view value) {
    constexpr std::size_t shown_max = 60;
    if (!error_)
      error_ = make_error(ErrorKind::rejected, {"{} cannot be stored: {}", "{} 无法保存：{}"}, name,
                          printable(value, shown_max));
  }

  const std::vector<JsonMember>& members_;
  std::optional<Error> error_;
};

std::string coded(std::span<const CodeText> table, std::string_view field,
                  std::optional<std::int64_t> code, std::vector<UnknownCode>& unknown) {
  if (!code) return {};
  const std::string_view text = text_of(table, *code);
  if (text.empty()) unknown.push_back({std::string(field), std::to_string(*code)});
  return std::string(text);
}

}  // namespace

Result<Order> XiaoeOrderTransform::transform(std::string_view payload,
                                             std::vector<UnknownCode>& unknown) const {
  const auto members = json_members(payload);
  if (!members)
    return fail(ErrorKind::rejected, {"the row is no JSON object", "该行不是 JSON 对象"});
  Fields fields(*members);
  Order order{.order_id = fields.id("order_id"),
              .user_id = fields.id("user_id"),
              .title = fields.text("title"),
              .resource_id = fields.id("resource_id")};
  order.resource_type = fields.integer("resource_type");
  order.quantity = fields.integer("count");
  order.price = fields.money("price", fen_of_yuan);
  order.coupon_price = fields.money("coupon_price", fen_of_fen);
  order.refund_money = fields.money("refund_money", fen_of_fen);
  order.coupon_id = fields.id("coupon_id");
  order.coupon_name = fields.text("coupon_name");
  order.order_state = fields.integer("order_state");
  order.ship_state = fields.integer("ship_state");
  order.sales_state = fields.integer("sales_state");
  order.after_sales_state = fields.integer("after_sales_state");
  order.team_buy_state = fields.integer("team_buy_state");
  order.pay_way = fields.integer("pay_way");
  order.collection_way = fields.integer("collection_way");
  order.client_type = fields.integer("client_type");
  order.order_type = fields.verbatim("order_type");
  order.goods_no = fields.id("goods_no");
  order.out_order_id = fields.id("out_order_id");
  order.transaction_id = fields.id("transaction_id");
  const std::optional<CivilTime> created = fields.time("created_time");
  order.pay_time = fields.time("pay_time");
  order.refund_time = fields.time("refund_time");
  order.settle_time = fields.time("settle_time");
  if (order.order_id.empty()) fields.missing("order_id");
  if (!created) fields.missing("created_time");
  if (!order.price) fields.missing("price");
  if (!order.order_state) fields.missing("order_state");
  if (fields.error()) return fail(Error(*fields.error()));
  order.created_at = *created;
  order.order_state_text = coded(tables_.order_state, "order_state", order.order_state, unknown);
  order.ship_state_text = coded(tables_.ship_state, "ship_state", order.ship_state, unknown);
  order.resource_type_text =
      coded(tables_.resource_type, "resource_type", order.resource_type, unknown);
  // One resource a row; 1.0.1 has no list of goods.
  if (!order.resource_id.empty())
    order.items.push_back({.product_id = order.resource_id,
                           .title = order.title,
                           .resource_type = order.resource_type,
                           .quantity = order.quantity});
  return order;
}

}  // namespace tidemark::load::xiaoe
