#include "load/xiaoe/sandbox/order_list.h"

#include <algorithm>

#include "base/json_object.h"
#include "load/xiaoe/loose_number.h"
#include "load/xiaoe/sandbox/order_row.h"

namespace tidemark::load::xiaoe {
namespace {

bool is_blank(std::string_view value) { return value == "null" || value == "\"\""; }

Moment moment_of(std::int64_t unix_seconds) {
  return Moment(std::chrono::seconds(unix_seconds) + china_ahead);
}

/// The fields of a request, one after the other.
class Reader {
 public:
  explicit Reader(Moment now) : now_(now) {}

  void take(const JsonMember& member) {
    if (is_blank(member.value)) return;
    const auto number = [&](auto& into) {
      if (const auto given = loose_integer(member.value))
        into = *given;
      else
        wrong_ = "a field that must be a whole number is none";
    };
    const auto text = [&](std::string& into) { into = json_text(member.value).value_or(""); };
    if (member.name == "begin_time") number(begin_);
    if (member.name == "end_time") number(end_);
    if (member.name == "page_index") number(query_.page_index);
    if (member.name == "page_size") number(query_.page_size);
    if (member.name == "order_state") number(query_.order_state);
    if (member.name == "ship_state") number(query_.ship_state);
    if (member.name == "sales_state") number(query_.sales_state);
    if (member.name == "resource_type") number(query_.resource_type);
    if (member.name == "order_id") text(query_.order_id);
    if (member.name == "user_id") text(query_.user_id);
    if (member.name == "resource_id") text(query_.resource_id);
    if (member.name == "order_by") take_order(json_text(member.value).value_or(""));
  }

  ReadQuery finish() {
    query_.end = end_ ? moment_of(*end_) : now_;
    query_.begin = begin_ ? moment_of(*begin_) : query_.end - std::chrono::hours(24);
    if (query_.page_index < 1) wrong_ = "page_index begins at 1";
    if (query_.page_size < 1 || query_.page_size > order_page_max)
      wrong_ = "page_size is at most 200";
    if (query_.end < query_.begin) wrong_ = "end_time is before begin_time";
    if (query_.end - query_.begin > order_window_max)
      wrong_ = "begin_time and end_time are more than 7 days apart";
    if (!wrong_.empty()) return {.query = std::nullopt, .wrong = wrong_};
    return {.query = query_};
  }

 private:
  void take_order(std::string_view order) {
    if (order == "created_at:desc")
      query_.descending = true;
    else if (order != "created_at:asc")
      wrong_ = "order_by knows created_at:asc and created_at:desc";
  }

  const Moment now_;
  OrderQuery query_;
  std::optional<std::int64_t> begin_;
  std::optional<std::int64_t> end_;
  std::string_view wrong_;
};

bool chosen(const OrderBook& book, const OrderQuery& query, const OrderFate& fate,
            const OrderView& view) {
  const auto equals = [](const std::optional<std::int64_t>& wanted, std::int64_t value) {
    return !wanted || *wanted == value;
  };
  return equals(query.order_state, view.order_state) && equals(query.ship_state, view.ship_state) &&
         equals(query.sales_state, view.sales_state) &&
         equals(query.resource_type, fate.resource_type) &&
         (query.order_id.empty() || query.order_id == book.order_id(fate)) &&
         (query.user_id.empty() || query.user_id == book.user_id(fate.buyer)) &&
         (query.resource_id.empty() || query.resource_id == book.article(fate).id);
}

/// Indexes of the book in the order of the answer.
struct Range {
  std::uint64_t first;
  std::uint64_t end;
  bool descending;

  [[nodiscard]] std::uint64_t size() const { return end - first; }
  [[nodiscard]] std::uint64_t at(std::uint64_t place) const {
    return descending ? end - 1 - place : first + place;
  }
};

Range range_of(const OrderBook& book, const OrderQuery& query, Moment now) {
  // An order of this second is there; one of the next is not.
  const Moment end = std::min(query.end, now) + std::chrono::seconds(1);
  std::uint64_t first = book.placed_before(query.begin);
  std::uint64_t last = std::max(first, book.placed_before(end));
  if (!query.order_id.empty()) {
    const std::optional<std::uint64_t> index = book.order_of(query.order_id);
    if (!index || *index < first || *index >= last) return {first, first, false};
    first = *index;
    last = *index + 1;
  }
  return {first, last, query.descending};
}

}  // namespace

bool OrderQuery::filters() const {
  return order_state || ship_state || sales_state || resource_type || !order_id.empty() ||
         !user_id.empty() || !resource_id.empty();
}

ReadQuery read_order_query(std::string_view body, Moment now) {
  const auto members = json_members(body);
  if (!members) return {.query = std::nullopt, .wrong = "the body is no object"};
  Reader reader(now);
  for (const JsonMember& member : *members) reader.take(member);
  return reader.finish();
}

OrderListPage list_orders(const OrderBook& book, const OrderQuery& query, Moment now,
                          bool all_text) {
  const Range range = range_of(book, query, now);
  const auto size = static_cast<std::uint64_t>(query.page_size);
  const std::uint64_t skip = (static_cast<std::uint64_t>(query.page_index) - 1) * size;
  OrderListPage page;
  const auto append = [&](const OrderFate& fate) {
    if (page.list.size() > 1) page.list += ',';
    append_order_row(page.list, book, fate, now, all_text);
  };
  if (!query.filters()) {
    page.total = range.size();
    for (std::uint64_t place = skip; place < std::min(page.total, skip + size); ++place) {
      append(book.fate(range.at(place)));
    }
  } else {
    for (std::uint64_t place = 0; place < range.size(); ++place) {
      const OrderFate fate = book.fate(range.at(place));
      if (!chosen(book, query, fate, view_at(fate, now))) continue;
      if (page.total >= skip && page.total < skip + size) append(fate);
      ++page.total;
    }
  }
  page.list += ']';
  return page;
}

}  // namespace tidemark::load::xiaoe
