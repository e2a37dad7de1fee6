#include "load/xiaoe/sandbox/after_sale_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "load/xiaoe/sandbox/json_row.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::int64_t page_max = 50;

std::string after_sale_id(const OrderBook& book, const OrderFate& order,
                          const AfterSaleFate& fate) {
  return fmt::format("as_{}_{}", book.order_id(order), fate.number);
}

std::string_view state_text(int state) {
  switch (state) {
    case 1:
      return "用户取消";
    case 2:
      return "商家受理中";
    case 4:
      return "商家拒绝退款";
    case 5:
      return "商家拒绝退货退款";
    case 6:
      return "待买家退货";
    case 8:
      return "待商家收货";
    case 11:
      return "商家退款中";
    case 13:
      return "退款完成";
    case 14:
      return "退货退款完成";
    default:
      return "";
  }
}

/// What the filter calls a state: 1 waits for the shop, 2 done, 3 withdrawn, 6 under way. Under
/// which of them refused cases are, no source tells: only -1 lists them here.
std::int64_t sales_state_of(int state) {
  switch (state) {
    case 1:
      return 3;
    case 2:
      return 1;
    case 6:
    case 8:
    case 11:
      return 6;
    case 13:
    case 14:
      return 2;
    default:
      return -1;
  }
}

/// The time of a case that a range is about; nullopt if it has none yet.
std::optional<Moment> time_of(const AfterSaleFate& fate, CaseTime time, Moment now) {
  switch (time) {
    case CaseTime::created:
      return fate.asked;
    case CaseTime::updated:
      return view_at(fate, now).updated;
    case CaseTime::refunded:
      if (fate.refund_at(now) > 0) return fate.ended;
      return std::nullopt;
  }
  return std::nullopt;
}

void append_goods(JsonRow& row, const OrderFate& order, const Article& article, bool all_text) {
  std::string goods = "[";
  JsonRow line(goods, all_text);
  line.text("goods_name", article.name_at(order.created));
  line.number("buy_num", order.quantity);
  line.number("goods_price", order.price / order.quantity);
  line.text("sku_info", "");
  line.text("goods_tag", "");
  line.text("img_url", "https://example.com/goods.png");
  line.finish();
  row.raw("goods_list", goods + "]");
}

void append_case(std::string& out, const OrderBook& book, const OrderFate& order,
                 const AfterSaleFate& fate, Moment now, bool all_text) {
  const AfterSaleView view = view_at(fate, now);
  const bool refused = view.state == 4 || view.state == 5;
  const Article& article = book.article(order);
  JsonRow row(out, all_text);
  row.text("aftersale_id", after_sale_id(book, order, fate));
  row.text("order_id", book.order_id(order));
  row.number("state", view.state);
  row.text("state_str", state_text(view.state));
  row.number("sale_type", fate.with_return() ? 2 : 1);
  row.text("sale_type_name", fate.with_return() ? "退款退货" : "仅退款");
  row.amount("apply_refund_money", fate.amount, order.chance % 5 == 0);
  row.amount("refund_money", fate.refund_at(now), order.chance % 3 == 0);
  row.amount("actual_fee", order.price);
  row.amount("original_price", order.price + order.coupon);
  row.text("reason", fate.amount < order.price ? "协商部分退款" : "不想要了");
  row.text("state_reason", refused ? "超过可退款期限" : "");
  row.text("remark", "");
  row.text("merchant_remark", "");
  row.text("created_at", moment_text(fate.asked));
  row.text("updated_at", moment_text(view.updated));
  row.text("invalid_time", zero_date);
  row.text("state_invalid_time", zero_date);
  append_goods(row, order, article, all_text);
  row.text("nick_name", book.user(order.buyer).nickname_at(now));
  row.finish();
}

}  // namespace

AfterSaleQuery read_after_sale_query(RequestFields& fields) {
  AfterSaleQuery query;
  const std::int64_t page = fields.integer("page_index").value_or(0);
  const std::int64_t size = fields.integer("page_size").value_or(0);
  fields.require(page >= 1, "page_index is required and begins at 1");
  fields.require(size >= 1 && size <= page_max, "page_size is required and at most 50");
  query.page = {.page = static_cast<std::uint64_t>(std::max<std::int64_t>(page, 1)),
                .size = static_cast<std::uint64_t>(std::clamp<std::int64_t>(size, 1, page_max))};
  const std::string range = fields.text("created_at");
  const std::size_t bars = range.find("||");
  const auto begin = parse_moment(std::string_view(range).substr(0, bars));
  const auto end = bars == std::string::npos
                       ? std::nullopt
                       : parse_last_moment(std::string_view(range).substr(bars + 2));
  fields.require(begin && end && *begin <= *end, "created_at is required: 2025-01-01||2025-01-31");
  query.begin = begin.value_or(Moment{});
  query.end = end.value_or(Moment{});
  const std::string type = fields.text("date_type");
  if (type == "updated_at")
    query.time = CaseTime::updated;
  else if (type == "refund_time")
    query.time = CaseTime::refunded;
  else if (!type.empty() && type != "created_at" && type != "apply_time")
    fields.reject("date_type knows created_at, updated_at, refund_time, apply_time");
  query.sales_state = fields.integer("sales_state").value_or(-1);
  query.order_id = fields.text("order_id");
  query.aftersale_id = fields.text("aftersale_id");
  query.user_id = fields.text("order_user_id");
  return query;
}

std::vector<AfterSaleList::Entry> AfterSaleList::find(const AfterSaleQuery& query,
                                                      Moment now) const {
  // A case is about an order that was placed before it, but not too long before.
  std::uint64_t first = book_.placed_before(query.begin - book_.life());
  std::uint64_t last = book_.placed_before(std::min(query.end, now) + std::chrono::seconds(1));
  if (!query.order_id.empty()) {
    const std::optional<std::uint64_t> order = book_.order_of(query.order_id);
    first = std::max(first, order.value_or(last));
    last = std::min(last, order ? *order + 1 : last);
  }
  std::vector<Entry> entries;
  for (std::uint64_t index = first; index < last; ++index) {
    const OrderFate order = book_.fate(index);
    for (const AfterSaleFate& fate : order.after_sales) {
      if (fate.asked > now) break;
      const std::optional<Moment> time = time_of(fate, query.time, now);
      if (!time || *time < query.begin || *time > query.end) continue;
      if (query.sales_state != -1 && query.sales_state != sales_state_of(view_at(fate, now).state))
        continue;
      if (!query.aftersale_id.empty() && query.aftersale_id != after_sale_id(book_, order, fate))
        continue;
      if (!query.user_id.empty() && query.user_id != book_.user_id(order.buyer)) continue;
      entries.push_back(
          {.time = *time, .order = index, .place = static_cast<std::uint32_t>(fate.number - 1)});
    }
  }
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    return std::tuple(b.time, b.order, b.place) < std::tuple(a.time, a.order, a.place);
  });
  return entries;
}

std::string AfterSaleList::page(const AfterSaleQuery& query, Moment now, bool all_text,
                                std::int64_t total_off_by) {
  AfterSaleQuery whole = query;
  whole.page = {};
  const std::scoped_lock lock(mutex_);
  if (!known_ || known_->first != whole || known_->second != now) {
    entries_ = find(query, now);
    known_ = std::pair(whole, now);
  }
  std::string out = "{\"list\":[";
  const std::uint64_t end =
      std::min<std::uint64_t>(entries_.size(), query.page.first() + query.page.size);
  for (std::uint64_t i = query.page.first(); i < end; ++i) {
    if (out.back() != '[') out += ',';
    const OrderFate order = book_.fate(entries_[i].order);
    append_case(out, book_, order, order.after_sales[entries_[i].place], now, all_text);
  }
  const auto total = static_cast<std::int64_t>(entries_.size()) + total_off_by;
  return out + fmt::format("],\"row_count\":{}}}", std::max<std::int64_t>(0, total));
}

}  // namespace tidemark::load::xiaoe
