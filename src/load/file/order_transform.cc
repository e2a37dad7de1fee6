#include "load/file/order_transform.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/json_object.h"
#include "base/parse_integer.h"
#include "load/benefit/order_states.h"
#include "load/file/columns.h"
#include "load/file/layout.h"
#include "load/money.h"

namespace tidemark::load::file {
namespace {

constexpr std::size_t text_bytes_max = 16'000;
constexpr std::size_t id_bytes_max = 128;  // Keys of the warehouse's tables.
constexpr std::int64_t no_code = -1;

struct StateWord {
  std::string_view word;
  std::int64_t code;
};
/// What is meant plainly; the codes are those of load/benefit/order_states.h.
constexpr std::array state_words = {
    StateWord{"unpaid", 0},    StateWord{"pending", 0},  StateWord{"未支付", 0},
    StateWord{"待付款", 0},    StateWord{"paid", 1},     StateWord{"completed", 1},
    StateWord{"已支付", 1},    StateWord{"支付成功", 1}, StateWord{"已完成", 1},
    StateWord{"failed", 2},    StateWord{"expired", 6},  StateWord{"cancelled", 7},
    StateWord{"canceled", 7},  StateWord{"voided", 7},   StateWord{"已取消", 7},
    StateWord{"refunded", 10}, StateWord{"已退款", 10},  StateWord{"partially_refunded", 11},
    StateWord{"部分退款", 11},
};

/// Of the usual names of the price, as plain_name() writes them, those that say nothing of an
/// order.
constexpr std::array names_of_lines_too = {std::string_view("amount"), std::string_view("price"),
                                           std::string_view("金额")};

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// The values of some rows. Remembers the first that cannot be stored.
class Values {
 public:
  explicit Values(const Layout& layout) : layout_(layout) {}

  [[nodiscard]] Result<void> add(const std::vector<std::string>& columns, Row row) {
    const bool own_columns = layout_.format == Format::ndjson;
    const std::vector<std::string>& names = own_columns ? row.columns : columns;
    if (names.size() != row.values.size())
      return fail(ErrorKind::rejected,
                  {"the row has {} fields, the header {}", "该行有 {} 个字段，表头有 {} 个"},
                  row.values.size(), names.size());
    if (places_.empty() || own_columns) {
      places_.push_back(places_of(names, layout_.map));
      const auto& price = places_.back()[static_cast<std::size_t>(Field::price)];
      price_is_anybodys_ =
          price_is_anybodys_ || (price && !layout_.map.contains(Field::price) &&
                                 std::ranges::find(names_of_lines_too, plain_name(names[*price])) !=
                                     names_of_lines_too.end());
    }
    rows_.push_back(std::move(row.values));
    return {};
  }
  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  /// `why`, if there is more to say, is the rest of the sentence.
  void refuse(Field field, std::string_view value, const Message& why = {}) {
    constexpr std::size_t shown_max = 60;
    if (error_) return;
    error_ = make_error(ErrorKind::rejected, {"{} cannot be stored: {}", "{} 无法保存：{}"},
                        name(field), printable(value, shown_max));
    if (why.empty()) return;
    error_->what.en += " (" + why.en + ")";
    error_->what.zh += "（" + why.zh + "）";
  }
  void missing(Field field) {
    if (!error_)
      error_ = make_error(ErrorKind::rejected, {"{} is missing", "缺少 {}"}, name(field));
  }

  /// On one row.
  [[nodiscard]] std::string at(std::size_t row, Field field,
                               std::size_t bytes_max = text_bytes_max) {
    const Places& places = places_.size() == 1 ? places_.front() : places_[row];
    const std::optional<std::size_t> place = places[static_cast<std::size_t>(field)];
    if (!place) return {};
    const std::string& value = rows_[row][*place];
    if (std::ranges::find(layout_.nulls, value) != layout_.nulls.end()) return {};
    // No database here stores a NUL in a text everywhere.
    if (field != Field::items && (value.size() > bytes_max || value.contains('\0')))
      return refuse(field, value, {"it is too long, or has a NUL inside", "过长，或含有 NUL 字符"}),
             std::string();
    return value;
  }
  /// Of the order: on whichever rows it stands.
  [[nodiscard]] std::string text(Field field, std::size_t bytes_max = text_bytes_max) {
    std::string all;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      std::string one = at(row, field, bytes_max);
      if (one.empty() || one == all) continue;
      if (all.empty())
        all = std::move(one);
      else if (!error_)
        error_ = make_error(
            ErrorKind::rejected,
            {"the rows of the order differ in {}: {} and {}", "该订单各行的 {} 不一致：{} 与 {}"},
            name(field), printable(all), printable(one));
    }
    return all;
  }
  /// Whether a row has a column of it at all.
  [[nodiscard]] bool tell(Field field) const {
    return std::ranges::any_of(places_, [field](const Places& places) {
      return places[static_cast<std::size_t>(field)].has_value();
    });
  }
  /// Whether the price was taken from columns that may as well tell what each line costs, and
  /// several rows tell it.
  [[nodiscard]] bool price_may_be_of_lines() {
    if (!price_is_anybodys_ || tell(Field::line_price)) return false;
    std::size_t told = 0;
    for (std::size_t row = 0; row < rows_.size(); ++row)
      if (!at(row, Field::price).empty()) ++told;
    return told > 1;
  }
  [[nodiscard]] std::string id(Field field) { return text(field, id_bytes_max); }

  [[nodiscard]] std::optional<std::int64_t> money(Field field, const std::string& amount) {
    if (amount.empty()) return std::nullopt;
    const auto fen = layout_.amounts_in_fen ? fen_of_fen(amount) : fen_of_yuan(amount);
    if (!fen) refuse(field, amount, why_no_amount(amount, layout_.amounts_in_fen));
    return fen;
  }
  [[nodiscard]] std::optional<std::int64_t> money(Field field) { return money(field, text(field)); }
  /// `3`, also as `3.0`.
  [[nodiscard]] std::optional<std::int64_t> whole(Field field, const std::string& number) {
    if (number.empty()) return std::nullopt;
    const auto parsed = fen_of_fen(number);
    if (!parsed) refuse(field, number, {"it is no whole number", "不是整数"});
    return parsed;
  }
  [[nodiscard]] std::optional<CivilTime> time(Field field) {
    const std::string written = text(field);
    if (written.empty() || written.starts_with("0000-00-00")) return std::nullopt;
    const std::optional<CivilTime> time = time_of(written, layout_.zone);
    if (!time)
      refuse(field, written,
             {"it is no time such as 2025-01-31 08:30:00", "不是 2025-01-31 08:30:00 这样的时间"});
    return time;
  }

 private:
  const Layout& layout_;
  std::vector<Places> places_;  ///< One for all rows, or one for each.
  std::vector<std::vector<std::string>> rows_;
  bool price_is_anybodys_ = false;
  std::optional<Error> error_;
};

struct State {
  std::optional<std::int64_t> code;
  std::string text;
};

State state_of(const std::string& written, Field field, std::span<const CodeText> texts,
               std::vector<UnknownCode>& unknown) {
  if (written.empty()) return {};
  if (const auto code = parse_integer(written)) {
    const std::string_view text = text_of(texts, *code);
    if (text.empty())
      unknown.push_back({.field = std::string(name(field)), .code = std::to_string(*code)});
    return {.code = code, .text = std::string(text)};
  }
  if (field != Field::order_state) return {.code = std::nullopt, .text = written};
  const auto known = std::ranges::find(state_words, lower(written), &StateWord::word);
  if (known != state_words.end()) return {.code = known->code, .text = written};
  constexpr std::size_t code_bytes_max = 60;  // Enough to recognise it by.
  unknown.push_back(
      {.field = std::string(name(field)), .code = printable(written, code_bytes_max)});
  return {.code = no_code, .text = written};
}

/// The lines of the order; its price, where it has none of its own, is their sum if all tell
/// theirs.
void take_lines(Values& values, Order& order) {
  std::optional<std::int64_t> sum = 0, pieces = 0;
  bool pieces_told = false;
  for (std::size_t row = 0; row < values.rows(); ++row) {
    OrderItem item{.product_id = values.at(row, Field::resource_id, id_bytes_max),
                   .title = values.at(row, Field::title)};
    item.quantity = values.whole(Field::quantity, values.at(row, Field::quantity));
    const auto price = values.money(Field::line_price, values.at(row, Field::line_price));
    item.price = price;
    if (sum && price && *sum + *price <= fen_max && *sum + *price >= -fen_max)
      *sum += *price;
    else
      sum.reset();
    pieces_told = pieces_told || item.quantity.has_value();
    // As the views have it of a product without: one.
    const std::int64_t counted = item.quantity.value_or(item.product_id.empty() ? 0 : 1);
    if (pieces && *pieces + counted <= fen_max && *pieces + counted >= -fen_max)
      *pieces += counted;
    else
      pieces.reset();
    if (!item.product_id.empty() || !item.title.empty()) order.items.push_back(std::move(item));
  }
  if (!order.price && values.rows() > 0) order.price = sum;
  if (pieces_told) order.quantity = pieces;
  if (order.items.empty()) return;
  order.resource_id = order.items.front().product_id;
  order.title = order.items.front().title;
}

/// What of `amount` belongs to each of the parts, in proportion to them; in sum all of it. Rounded
/// to the nearest up to each part, so that no place among them has an advantage.
std::vector<std::int64_t> shares_of(std::int64_t amount, std::span<const std::int64_t> parts) {
  __int128 sum = 0, upto = 0;
  for (const std::int64_t part : parts) sum += part;
  std::vector<std::int64_t> shares;
  std::int64_t before = 0;
  for (const std::int64_t part : parts) {
    upto += part;
    const auto share = static_cast<std::int64_t>((__int128{2} * amount * upto + sum) / (2 * sum));
    shares.push_back(share - before);
    before = share;
  }
  return shares;
}

/// An order may cost more or less than its lines (shipping, a discount), and nobody tells of which
/// line a refund is: both are split among the lines by what these cost, one that costs less than
/// nothing having none. An order of one line needs none of that; one of which a line does not tell
/// what it cost, or names nothing, cannot have it.
void split_amounts(Order& order, std::size_t lines) {
  if (order.items.size() < 2 || order.items.size() != lines || order.price.value_or(-1) < 0) return;
  const std::int64_t price = *order.price, refund = order.refund_money.value_or(0);
  std::vector<std::int64_t> costs;
  for (const OrderItem& item : order.items) {
    if (!item.price) return;
    costs.push_back(std::max<std::int64_t>(*item.price, 0));
  }
  const bool cost_nothing = std::ranges::all_of(costs, [](std::int64_t cost) { return cost == 0; });
  if (cost_nothing && (price > 0 || refund > 0)) return;
  const std::vector<std::int64_t> none(lines, 0);
  const std::vector<std::int64_t> paid = cost_nothing ? none : shares_of(price, costs);
  // By what was paid for each: so of no line comes back more than that, unless it does of the
  // order.
  const std::vector<std::int64_t> refunded =
      cost_nothing ? none : shares_of(refund, price > 0 ? paid : costs);
  for (std::size_t line = 0; line < lines; ++line) {
    order.items[line].share = paid[line];
    if (order.refund_money) order.items[line].refund_share = refunded[line];
  }
}

/// A file may tell that money was paid or came back, and not how much or when. What follows from
/// its state is taken (decision 0023); what nobody knows is reported, since sums would be wrong
/// without a word.
void settle_amounts(Order& order, bool payments_told, std::vector<UnknownCode>& unknown) {
  const std::int64_t state = order.order_state.value_or(no_code);
  if (says_wholly_refunded(state) && !order.refund_money) order.refund_money = order.price;
  const std::int64_t refunded = order.refund_money.value_or(0);
  if (refunded == 0 && order.price != 0 &&
      refund_is_made(state, refunded, order.refund_time.has_value()))
    unknown.push_back({.field = std::string(name(Field::refund_money)), .code = ""});
  if (!payments_told && refunded == 0)
    unknown.push_back({.field = std::string(name(Field::order_state)), .code = ""});
}

/// The rows of a payload, and those that stand inside them as an array of items.
struct Contents {
  explicit Contents(Layout read) : layout(std::move(read)), rows(layout), items(layout) {}
  Contents(const Contents&) = delete;
  Contents& operator=(const Contents&) = delete;

  const Layout layout;
  Values rows;
  Values items;
};

Result<std::unique_ptr<Contents>> contents_of(std::string_view payload) {
  auto layout = parse_layout(json_value_of(payload, "source").value_or("0"));
  const auto rows = json_elements(json_value_of(payload, "rows").value_or("0"));
  if (!layout || !rows)
    return fail(ErrorKind::rejected, {"that is no row of a file", "这不是文件中的行"});
  auto contents = std::make_unique<Contents>(std::move(*layout));
  std::vector<std::string> columns;
  if (contents->layout.format != Format::ndjson)
    columns = fields_of(contents->layout.header, contents->layout.format)
                  .value_or(std::vector<std::string>());
  for (const std::string_view row : *rows) {
    Result<Row> read = row_of(contents->layout, row);
    if (!read) return fail(std::move(read).error());
    if (Result<void> added = contents->rows.add(columns, std::move(*read)); !added)
      return fail(std::move(added).error());
  }
  if (contents->layout.format != Format::ndjson) return contents;
  for (std::size_t row = 0; row < contents->rows.rows(); ++row) {
    const std::string items = contents->rows.at(row, Field::items);
    if (!items.starts_with('[')) continue;
    for (const std::string_view item :
         json_elements(items).value_or(std::vector<std::string_view>())) {
      Result<Row> read = row_of(contents->layout, item);
      if (!read) return fail(std::move(read).error());
      if (Result<void> added = contents->items.add(columns, std::move(*read)); !added)
        return fail(std::move(added).error());
    }
  }
  return contents;
}

}  // namespace

std::optional<std::chrono::minutes> zone_of(std::string_view text) {
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (text == "Z" || text == "UTC") return std::chrono::minutes(0);
  constexpr std::size_t short_length = std::string_view("+0800").size();
  std::string digits(text);
  if (digits.size() == short_length + 1 && digits[3] == ':') digits.erase(3, 1);
  if (digits.size() != short_length || (digits[0] != '+' && digits[0] != '-')) return std::nullopt;
  if (!std::ranges::all_of(digits.substr(1), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  const auto hours = parse_integer<int>(std::string_view(digits).substr(1, 2));
  const auto minutes = parse_integer<int>(std::string_view(digits).substr(3, 2));
  constexpr int hours_max = 14, minutes_max = 59;
  if (*hours > hours_max || *minutes > minutes_max) return std::nullopt;
  const std::chrono::minutes offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return digits[0] == '-' ? -offset : offset;
}

std::optional<CivilTime> time_of(std::string_view text, std::chrono::minutes zone) {
  constexpr std::size_t date_length = std::string_view("2025-01-31").size();
  constexpr std::size_t to_minutes = std::string_view("2025-01-31 08:30").size();
  std::string written(text);
  if (const std::size_t sign = written.find_first_of("Z+-U", date_length);
      sign != std::string::npos) {
    const std::size_t begin = sign - (written[sign - 1] == ' ' ? 1 : 0);
    const auto named = zone_of(std::string_view(written).substr(begin));
    if (!named) return std::nullopt;
    zone = *named;
    written.resize(begin);
  }
  std::ranges::replace(written, '/', '-');
  if (written.size() == to_minutes) written += ":00";
  const std::optional<CivilTime> time = CivilTime::parse(written);
  if (!time || *time < CivilTime::baseline()) return std::nullopt;
  // Shifted, it may leave what every database and CivilTime's text can hold.
  const CivilTime shifted = time->floor_to(0) + (warehouse_offset - zone);
  if (shifted < CivilTime::baseline() || shifted > *CivilTime::parse("9999-12-31 23:59:59"))
    return std::nullopt;
  return shifted;
}

Result<Order> FileOrderTransform::transform(std::string_view payload,
                                            std::vector<UnknownCode>& unknown) const {
  const auto contents = contents_of(payload);
  if (!contents) return fail(contents.error());
  Values& rows = (*contents)->rows;
  Order order{.order_id = rows.id(Field::order_id), .user_id = rows.id(Field::user_id)};
  const auto reason = json_value_of(payload, "set_aside");
  if (reason == "\"repeated\"")
    return fail(ErrorKind::rejected,
                {"order {} stands in the file before already; the rows of an order must follow one "
                 "another",
                 "订单 {} 在文件前面已出现过；同一订单的各行必须相邻"},
                printable(order.order_id));
  if (reason == "\"no order\"")
    return fail(ErrorKind::rejected,
                {"the row does not look like an order: no column is one that only orders have, and "
                 "it is not like the first rows of its file; perhaps the file holds two tables",
                 "该行看起来不是订单：没有订单特有的列，也与文件开头的行不同；文件可能混有两种表"});
  if (reason == "\"too many columns\"")
    return fail(ErrorKind::rejected, {"the row has more than {} columns", "该行超过 {} 列"},
                columns_max);
  if (reason)
    return fail(ErrorKind::rejected, {"order {} has too many rows", "订单 {} 的行过多"},
                printable(order.order_id));
  order.price = rows.money(Field::price);
  order.coupon_price = rows.money(Field::coupon_price);
  order.refund_money = rows.money(Field::refund_money);
  if (order.refund_money.value_or(0) < 0)
    rows.refuse(
        Field::refund_money, rows.text(Field::refund_money),
        {"it is negative: what came back is written without a sign", "为负数：退回的金额不带负号"});
  order.coupon_id = rows.id(Field::coupon_id);
  order.coupon_name = rows.text(Field::coupon_name);
  order.goods_no = rows.id(Field::goods_no);
  order.out_order_id = rows.id(Field::out_order_id);
  order.transaction_id = rows.id(Field::transaction_id);
  const std::optional<CivilTime> created = rows.time(Field::created_at);
  order.pay_time = rows.time(Field::pay_time);
  order.refund_time = rows.time(Field::refund_time);
  order.settle_time = rows.time(Field::settle_time);
  Values& items = (*contents)->items;
  take_lines(items.rows() > 0 ? items : rows, order);
  if (items.error()) return fail(Error(*items.error()));
  if (order.order_id.empty()) rows.missing(Field::order_id);
  if (!created) rows.missing(Field::created_at);
  if (!order.price) rows.missing(Field::price);
  const std::string state = rows.text(Field::order_state);
  State paid = state_of(state, Field::order_state, tables_.order_state, unknown);
  State shipped =
      state_of(rows.text(Field::ship_state), Field::ship_state, tables_.ship_state, unknown);
  if (rows.error()) return fail(Error(*rows.error()));
  order.created_at = *created;
  order.order_state = paid.code.value_or(no_code);
  order.order_state_text = std::move(paid.text);
  order.ship_state = shipped.code;
  order.ship_state_text = std::move(shipped.text);
  settle_amounts(order, !state.empty() || rows.tell(Field::pay_time), unknown);
  if (order.items.size() > 1 && items.rows() == 0 && rows.price_may_be_of_lines())
    unknown.push_back({.field = std::string(name(Field::price)), .code = ""});
  split_amounts(order, items.rows() > 0 ? items.rows() : rows.rows());
  return order;
}

std::optional<CivilTime> updated_at(std::string_view payload) {
  const auto contents = contents_of(payload);
  if (!contents) return std::nullopt;
  std::optional<CivilTime> newest;
  for (std::size_t row = 0; row < (*contents)->rows.rows(); ++row) {
    const std::optional<CivilTime> stamp =
        time_of((*contents)->rows.at(row, Field::updated_at), (*contents)->layout.zone);
    if (stamp && (!newest || *stamp > *newest)) newest = stamp;
  }
  return newest;
}

}  // namespace tidemark::load::file
