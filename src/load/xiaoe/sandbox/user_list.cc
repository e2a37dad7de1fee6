#include "load/xiaoe/sandbox/user_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "load/xiaoe/sandbox/json_row.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::int64_t page_max = 50;

std::int64_t unix_milliseconds(Moment moment) {
  return std::chrono::milliseconds(moment.time_since_epoch() - china_ahead).count();
}

bool chosen(const UserQuery& query, const User& user, Moment now) {
  return (query.phone.empty() || query.phone == user.phone) &&
         (query.nickname.empty() || query.nickname == user.nickname_at(now));
}

void append_user(std::string& out, const OrderBook& book, const User& user, Moment now,
                 bool all_text) {
  constexpr std::array<std::string_view, 4> origins = {"微信小程序", "公众号", "H5", "APP"};
  JsonRow row(out, all_text);
  row.text("user_id", user.id);
  row.text("user_nickname", user.nickname_at(now));
  row.text("bind_phone", user.phone);
  row.text("collect_phone", "");
  row.text("avatar", "https://example.com/avatar.png");
  row.text("from", origins[user.number % origins.size()]);
  row.amount("pay_sum", paid_by(book, user.number, now), user.number % 7 == 0);
  row.number("punch_count", static_cast<std::int64_t>(user.number % 5));
  row.text("wx_union_id", "");
  row.text("wx_open_id", fmt::format("o{:027}", user.number));
  row.text("wx_app_open_id", "");
  row.text("user_created_at", moment_text(user.registered));
  std::string skip;
  JsonRow inner(skip, false);
  inner.number("id", static_cast<std::int64_t>(user.number) + 1);
  inner.number("user_created_at", unix_milliseconds(user.registered));
  inner.finish();
  row.raw("es_skip", skip);
  row.finish();
}

}  // namespace

std::int64_t paid_by(const OrderBook& book, std::uint64_t user, Moment now) {
  std::int64_t sum = 0;
  for (const std::uint64_t order : book.orders_of(user)) {
    const OrderFate fate = book.fate(order);
    if (fate.paid && *fate.paid <= now) sum += fate.price;
  }
  return sum;
}

UserQuery read_user_query(RequestFields& fields) {
  UserQuery query;
  const std::int64_t size = fields.integer("page_size").value_or(page_max);
  fields.require(size >= 1 && size <= page_max, "page_size is at most 50");
  query.page_size = static_cast<std::uint64_t>(std::clamp<std::int64_t>(size, 1, page_max));
  if (fields.has("user_created_start")) {
    const auto begin = parse_moment(fields.text("user_created_start"));
    fields.require(begin.has_value(), "user_created_start is no day");
    query.begin = begin.value_or(query.begin);
  }
  if (fields.has("user_created_end")) {
    const auto end = parse_last_moment(fields.text("user_created_end"));
    fields.require(end.has_value(), "user_created_end is no day");
    query.end = end.value_or(query.end);
  }
  if (const std::string_view skip = fields.value("es_skip"); !skip.empty()) {
    RequestFields inner(skip);
    const std::int64_t id = inner.integer("id").value_or(0);
    fields.require(id >= 1 && inner.integer("user_created_at").has_value(),
                   "es_skip is {\"id\":…,\"user_created_at\":…} of the page before");
    query.after = static_cast<std::uint64_t>(std::max<std::int64_t>(id, 1)) - 1;
  }
  query.phone = fields.text("phone");
  query.nickname = fields.text("nickname");
  for (const char* filter : {"name", "tag_id", "from"})
    fields.require(!fields.has(filter), "the sandbox knows no filter name, tag_id, from");
  return query;
}

std::string list_users(const OrderBook& book, const UserQuery& query, Moment now, bool all_text,
                       std::int64_t total_off_by) {
  const std::uint64_t first = book.registered_before(query.begin);
  const std::uint64_t last =
      std::max(first, book.registered_before(std::min(query.end, now) + std::chrono::seconds(1)));
  const bool filters = !query.phone.empty() || !query.nickname.empty();
  const std::uint64_t from = query.after ? std::min(*query.after, last) : last;
  std::uint64_t total = filters ? 0 : last - first;
  std::uint64_t listed = 0;
  std::string out = "{\"list\":[";
  // Downwards: the newest first. Without filters only the page's own users are looked at.
  for (std::uint64_t next = filters ? last : from; next > first; --next) {
    if (!filters && listed == query.page_size) break;
    const User user = book.user(next - 1);
    if (!chosen(query, user, now)) continue;
    if (filters) ++total;
    if (next > from || listed == query.page_size) continue;
    if (listed++ > 0) out += ',';
    append_user(out, book, user, now, all_text);
  }
  const std::int64_t told =
      std::max<std::int64_t>(0, static_cast<std::int64_t>(total) + total_off_by);
  return out + fmt::format("],\"total\":{}}}", told);
}

}  // namespace tidemark::load::xiaoe
