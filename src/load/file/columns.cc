#include "load/file/columns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace tidemark::load::file {
namespace {

/// A field that tells of orders, if its column goes by a name that only they have.
struct Sign {
  Field field;
  /// Of its usual names those that other tables use too; as plain_name() writes them.
  std::vector<std::string_view> common{};
  /// Every table has a time or an amount: that one was mapped says nothing.
  bool by_name_only = false;
  bool of_payments = false;  ///< A payment or refund that belongs to an order has it as well.
  /// Names that a payment has as well, where not the whole field is one of theirs.
  std::vector<std::string_view> common_to_payments{};
};

const std::vector<Sign>& signs() {
  static const std::vector<Sign> all = {
      {.field = Field::order_id, .common = {"id"}, .of_payments = true},
      {.field = Field::user_id, .of_payments = true},
      {.field = Field::created_at,
       .common = {"createdat", "createdtime", "createtime", "创建时间"},
       .by_name_only = true},
      {.field = Field::price,
       .common = {"amount", "price", "paidamount", "总金额", "金额"},
       .by_name_only = true,
       .common_to_payments = {"total", "totalprice", "实付金额"}},
      {.field = Field::order_state, .common = {"status"}},
      {.field = Field::ship_state},
      {.field = Field::refund_money, .of_payments = true},
      {.field = Field::pay_time, .of_payments = true},
      {.field = Field::items},
      {.field = Field::line_price},
  };
  return all;
}

constexpr std::array endings = {std::string_view("id"),     std::string_view("no"),
                                std::string_view("number"), std::string_view("单号"),
                                std::string_view("编号"),   std::string_view("流水号")};
/// What belongs to an order and is none.
constexpr std::array belongings = {
    std::string_view("payment"),    std::string_view("refund"),     std::string_view("charge"),
    std::string_view("capture"),    std::string_view("payout"),     std::string_view("return"),
    std::string_view("aftersale"),  std::string_view("aftersales"), std::string_view("dispute"),
    std::string_view("delivery"),   std::string_view("shipment"),   std::string_view("fulfillment"),
    std::string_view("fulfilment"), std::string_view("adjustment"), std::string_view("支付"),
    std::string_view("付款"),       std::string_view("收款"),       std::string_view("退款"),
    std::string_view("退货"),       std::string_view("售后"),       std::string_view("发货")};
/// Of those the ones that have no goods of their own: a row with goods is an order that names one.
constexpr std::array payments = {std::string_view("payment"), std::string_view("charge"),
                                 std::string_view("capture"), std::string_view("支付"),
                                 std::string_view("付款"),    std::string_view("收款")};
constexpr std::array deliveries = {std::string_view("delivery"), std::string_view("shipment"),
                                   std::string_view("fulfillment"), std::string_view("fulfilment"),
                                   std::string_view("发货")};
/// What an order belongs to: its number stands in front of the order's in many a table of orders.
constexpr std::array owners = {std::string_view("customer"),    std::string_view("user"),
                               std::string_view("buyer"),       std::string_view("member"),
                               std::string_view("client"),      std::string_view("account"),
                               std::string_view("shop"),        std::string_view("store"),
                               std::string_view("seller"),      std::string_view("merchant"),
                               std::string_view("vendor"),      std::string_view("platform"),
                               std::string_view("tenant"),      std::string_view("company"),
                               std::string_view("channel"),     std::string_view("site"),
                               std::string_view("app"),         std::string_view("employee"),
                               std::string_view("batch"),       std::string_view("row"),
                               std::string_view("outorder"),    std::string_view("parentorder"),
                               std::string_view("open"),        std::string_view("union"),
                               std::string_view("wechat"),      std::string_view("weixin"),
                               std::string_view("external"),    std::string_view("staff"),
                               std::string_view("agent"),       std::string_view("sales"),
                               std::string_view("salesperson"), std::string_view("promoter"),
                               std::string_view("distributor"), std::string_view("anchor"),
                               std::string_view("live"),        std::string_view("room"),
                               std::string_view("campaign"),    std::string_view("activity"),
                               std::string_view("source"),      std::string_view("region"),
                               std::string_view("warehouse"),   std::string_view("department"),
                               std::string_view("dept"),        std::string_view("group"),
                               std::string_view("org"),         std::string_view("organization"),
                               std::string_view("corp"),        std::string_view("branch"),
                               std::string_view("project"),     std::string_view("客户"),
                               std::string_view("用户"),        std::string_view("会员"),
                               std::string_view("店铺"),        std::string_view("商户"),
                               std::string_view("买家"),        std::string_view("卖家"),
                               std::string_view("门店"),        std::string_view("公司"),
                               std::string_view("部门"),        std::string_view("员工"),
                               std::string_view("渠道"),        std::string_view("平台"),
                               std::string_view("主播"),        std::string_view("直播间"),
                               std::string_view("活动"),        std::string_view("推广员"),
                               std::string_view("分销商"),      std::string_view("仓库"),
                               std::string_view("批次"),        std::string_view("外部订单")};

bool is_among(const auto& all, std::string_view one) {
  return std::ranges::find(all, one) != std::ranges::end(all);
}

/// Of the owners those that also stand behind another word: `wx_openid`, `shop_user_id`. Others end
/// words that are none: a `resource` is no source, `aftersales` are no sales, a `workshop` no shop.
constexpr std::array owners_behind_words = {
    std::string_view("open"),     std::string_view("union"),    std::string_view("user"),
    std::string_view("customer"), std::string_view("buyer"),    std::string_view("seller"),
    std::string_view("member"),   std::string_view("merchant"), std::string_view("employee"),
    std::string_view("channel"),  std::string_view("platform"), std::string_view("warehouse"),
    std::string_view("客户"),     std::string_view("用户"),     std::string_view("会员"),
    std::string_view("店铺"),     std::string_view("商户"),     std::string_view("买家"),
    std::string_view("卖家"),     std::string_view("门店"),     std::string_view("员工"),
    std::string_view("渠道"),     std::string_view("平台"),     std::string_view("仓库")};

bool is_owner(std::string_view thing) {
  return is_among(owners, thing) ||
         std::ranges::any_of(owners_behind_words,
                             [thing](std::string_view owner) { return thing.ends_with(owner); });
}

/// Of `paymentid` `payment`; empty if the name, as plain_name() writes it, is no number of a thing.
std::string_view thing_numbered(std::string_view plain) {
  if (plain == "paid" || plain == "unpaid") return {};
  for (const std::string_view ending : endings)
    if (plain.ends_with(ending)) return plain.substr(0, plain.size() - ending.size());
  return {};
}

class Fields {
 public:
  Fields(const Columns& columns, const FieldMap& map)
      : columns_(columns.names),
        nested_(!columns.all),
        map_(map),
        places_(places_of(columns.names, map)) {}

  [[nodiscard]] const std::string* column(Field field) const {
    const auto place = places_.at(static_cast<std::size_t>(field));
    return place ? &columns_[*place] : nullptr;
  }
  /// Only objects have items inside; a cell with that name is text.
  [[nodiscard]] bool have_items() const { return nested_ && column(Field::items) != nullptr; }
  /// The rows have keys of their own, and name an order that they belong to.
  [[nodiscard]] bool belong_to_orders() const {
    const std::string* order = column(Field::order_id);
    if (order == nullptr) return false;
    const std::string number = plain_name(*order);
    if (number == "orderid" && std::ranges::find(columns_, "id", plain_name) != columns_.end())
      return true;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (is_own_key(i, *places_.at(static_cast<std::size_t>(Field::order_id)))) return true;
    const std::string first = plain_name(columns_.front());
    const std::string_view thing = thing_numbered(first);
    return number != "id" && first != number && !thing.empty() && !is_owner(thing);
  }
  /// Such a key of their own, or a number of the order beside it, that `others` do not have.
  [[nodiscard]] bool have_new_key(const std::unordered_set<std::string>& others) const {
    const std::string* order = column(Field::order_id);
    if (order == nullptr) return false;
    const auto is_new = [&others](const std::string& name) {
      return std::ranges::none_of(
          others, [&name](const std::string& other) { return plain_name(other) == name; });
    };
    if (plain_name(*order) == "orderid" && (is_new("id") || is_new("orderid")) &&
        std::ranges::find(columns_, "id", plain_name) != columns_.end())
      return true;
    // The number of a refund behind an order's own `id` may be that of the order's refund; behind a
    // name that refunds have for it as well it is not.
    if (plain_name(*order) != "id")
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        const std::string plain = plain_name(columns_[i]);
        if (is_of_refunds(thing_numbered(plain)) && is_new(plain) &&
            is_own_key(i, *places_.at(static_cast<std::size_t>(Field::order_id))))
          return true;
      }
    const std::string first = plain_name(columns_.front());
    return &columns_.front() != order && is_among(belongings, thing_numbered(first)) &&
           is_new(first);
  }
  [[nodiscard]] bool tell_of_orders() const {
    if (map_.contains(Field::order_id)) return true;
    if (are_refunds()) return false;
    const bool belonging = belong_to_orders();
    return std::ranges::any_of(
        signs(), [this, belonging](const Sign& sign) { return tells(sign, belonging); });
  }
  /// Each row is a refund, a return, …, whose number stands in front of the order's or next to it:
  /// it may tell all that an order does, and taken for the order it would overwrite what that cost.
  [[nodiscard]] bool are_refunds() const {
    const auto order = places_.at(static_cast<std::size_t>(Field::order_id));
    if (!order) return false;
    for (std::size_t i = 0; i < std::min(columns_.size(), *order + 2); ++i) {
      const std::string plain = plain_name(columns_[i]);
      if (is_of_refunds(thing_numbered(plain)) && is_own_key(i, *order)) return true;
    }
    return false;
  }
  /// How many fields tell of orders, of rows that are some; the order of the columns does not
  /// count.
  [[nodiscard]] std::size_t telling() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(signs(), [this](const Sign& sign) { return tells(sign, false); }));
  }
  [[nodiscard]] bool name_goods() const {
    return column(Field::resource_id) != nullptr || column(Field::title) != nullptr ||
           column(Field::quantity) != nullptr;
  }

 private:
  /// Whether column `i` is the key of a row that belongs to an order, whose number stands in column
  /// `order`: it goes in front of that, or next to it. Further behind it is what the order names,
  /// if that tells of a customer or of goods. A refund tells of both, and taken for the order it
  /// would overwrite what that cost: beside its number there must be more.
  [[nodiscard]] bool is_own_key(std::size_t i, std::size_t order) const {
    const std::string plain = plain_name(columns_[i]);
    const std::string_view thing = thing_numbered(plain);
    if (i == order || !is_among(belongings, thing)) return false;
    if (i < order) return true;
    if (name_all_belongings(order)) return false;
    if (is_among(payments, thing) && name_goods()) return false;
    if (i == order + 1 || !(name_goods() || column(Field::user_id) != nullptr)) return true;
    return is_of_refunds(thing) && !tell_when_paid();
  }
  [[nodiscard]] static bool is_of_refunds(std::string_view thing) {
    return is_among(belongings, thing) && !is_among(payments, thing) &&
           !is_among(deliveries, thing);
  }
  /// Behind the order's number those of a payment, a delivery and a refund: a payment has no
  /// parcel, and a refund may name the payment, but not that as well.
  [[nodiscard]] bool name_all_belongings(std::size_t order) const {
    bool payment = false, delivery = false, refund = false;
    for (std::size_t i = order + 1; i < columns_.size(); ++i) {
      const std::string plain = plain_name(columns_[i]);
      const std::string_view thing = thing_numbered(plain);
      payment = payment || is_among(payments, thing);
      delivery = delivery || is_among(deliveries, thing);
      refund = refund || is_of_refunds(thing);
    }
    return payment && delivery && refund;
  }
  /// When the order was paid; `paid_at` stands in payouts as well. (A state of the order tells of
  /// it whatever else the row has.)
  [[nodiscard]] bool tell_when_paid() const {
    const std::string* paid = column(Field::pay_time);
    return paid != nullptr && plain_name(*paid) != "paidat";
  }
  /// `belonging`: the rows belong to orders.
  [[nodiscard]] bool tells(const Sign& sign, bool belonging) const {
    const std::string* named = column(sign.field);
    if (named == nullptr || (sign.of_payments && belonging)) return false;
    if (sign.field == Field::items && !nested_) return false;
    if (map_.contains(sign.field)) return !sign.by_name_only;
    const std::string plain = plain_name(*named);
    if (belonging && is_among(sign.common_to_payments, plain)) return false;
    return !is_among(sign.common, plain);
  }

  const std::vector<std::string>& columns_;
  const bool nested_;
  const FieldMap& map_;
  const Places places_;
};

/// Of the columns the fields from `first` on; what stands in front of their names is `path`.
void add_use(ColumnUse& use, const std::vector<std::string>& columns, const FieldMap& map,
             const std::string& path, Field first) {
  const Places places = places_of(columns, map);
  std::set<std::size_t> taken;
  for (std::size_t i = static_cast<std::size_t>(first); i < field_count; ++i) {
    const std::optional<std::size_t> place = places.at(i);
    if (!place) continue;
    use.taken.emplace_back(name(static_cast<Field>(i)), path + columns[*place]);
    taken.insert(*place);
  }
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (!taken.contains(i)) use.left.push_back(path + columns[i]);
}

std::string listed(const std::vector<std::string>& columns) {
  constexpr std::size_t bytes_max = 2000;
  return printable(fmt::format("{}", fmt::join(columns, ", ")), bytes_max);
}

/// Of a file of objects only the first are known when it is judged.
Result<void> refused(Error error, const Columns& columns) {
  if (!columns.all) {
    error.what.en += " (those of its first objects)";
    error.what.zh += "（文件前若干个对象的列）";
  }
  return fail(std::move(error));
}

}  // namespace

ColumnUse use_of(const Columns& columns, const FieldMap& map) {
  ColumnUse use;
  add_use(use, columns.names, map, "", Field::order_id);
  if (const std::string* items = Fields(columns, map).column(Field::items))
    add_use(use, columns.item_names, map, *items + ".", Field::resource_id);
  return use;
}

Result<void> check_columns(const Columns& columns, const FieldMap& map) {
  const Fields fields(columns, map);
  const auto has = [&fields](Field field) { return fields.column(field) != nullptr; };
  const bool priced = has(Field::price) || has(Field::line_price) || fields.have_items();
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < field_count; ++i) {
    const auto field = static_cast<Field>(i);
    const auto mapped = map.find(field);
    const bool named = mapped != map.end();
    const bool needed = field == Field::order_id || field == Field::created_at ||
                        (field == Field::price && !priced);
    if (has(field) || !(needed || (named && columns.all))) continue;
    missing.push_back(named ? fmt::format("{} ({})", name(field), printable(mapped->second))
                            : std::string(name(field)));
  }
  if (!missing.empty())
    return refused(make_error(ErrorKind::usage,
                              {"no column of the file is {}. The columns: {}",
                               "文件中没有作为 {} 的列。现有的列：{}"},
                              fmt::format("{}", fmt::join(missing, ", ")), listed(columns.names))
                       .with_hint({"name them with --map FIELD=COLUMN, such as --map price=Total",
                                   "请用 --map 字段=列名 指定，例如 --map price=Total"}),
                   columns);
  if (fields.tell_of_orders()) return {};
  return refused(
      make_error(ErrorKind::usage,
                 {"the file does not look like orders: {} and {} fit other tables too, and no "
                  "column is one that only orders have (an order number, a customer, the state of "
                  "the order or of its delivery, an order date, an order total). The columns: {}",
                  "文件看起来不是订单：{} 和 {} 在其他表中也有，却没有一列是订单特有的（订单号、"
                  "客户、订单状态或发货状态、下单时间、订单金额）。现有的列：{}"},
                 printable(*fields.column(Field::order_id)),
                 printable(*fields.column(Field::created_at)), listed(columns.names))
          .with_hint({"if each row is an order or a line of one, say which column names the order: "
                      "--map order_id={}",
                      "如果每行确实是订单或订单明细，请指明订单号所在的列：--map order_id={}"},
                     printable(*fields.column(Field::order_id))),
      columns);
}

bool tell_of_orders(const std::vector<std::string>& names, const FieldMap& map) {
  const Columns columns{.names = names, .all = false};
  return Fields(columns, map).tell_of_orders();
}

bool is_stray(const std::vector<std::string>& names, const std::unordered_set<std::string>& usual,
              const FieldMap& map) {
  if (names.empty()) return false;  // It is refused for what it lacks.
  const Columns columns{.names = names, .all = false};
  const Fields fields(columns, map);
  if (fields.tell_of_orders()) return false;
  const auto shared = std::ranges::count_if(
      names, [&usual](const std::string& name) { return usual.contains(name); });
  const auto like = static_cast<std::size_t>(shared);
  if (fields.have_new_key(usual)) return true;
  // With nearly all that the others have, a number more is that of its refund, its parcel, ….
  if (5 * like >= 4 * usual.size()) return false;
  if (fields.belong_to_orders() || 2 * like < names.size()) return true;
  // A guest's order lacks the customer, and no more; an article has what tells of itself.
  const Columns others{.names = {usual.begin(), usual.end()}, .all = false};
  const Fields usual_fields(others, map);
  return usual_fields.telling() > 1 || (fields.name_goods() && !usual_fields.name_goods());
}

}  // namespace tidemark::load::file
