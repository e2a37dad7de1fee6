#include "load/xiaoe/sandbox/live_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "load/xiaoe/sandbox/json_row.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::int64_t page_usual = 20;
constexpr std::int64_t page_max = 50;
constexpr std::size_t ids_max = 50;
/// Two and a half minutes more or less than planned is not ended by hand.
constexpr std::chrono::seconds on_time{150};

const Article& article_of(const OrderBook& book, const Live& live) {
  return book.catalogue().articles()[live.article];
}

/// 0 not begun, 1 live, 2 over.
int alive_state(const Live& live, Moment now) {
  if (now < live.start) return 0;
  return now < live.stop ? 1 : 2;
}

/// What the lists and the detail have in common.
void begin_live(JsonRow& row, const OrderBook& book, const Live& live, Moment now) {
  const Article& article = article_of(book, live);
  row.text("id", article.id);
  row.text("title", article.name_at(now));
  row.number("alive_type", live.kind);
  row.number("view_count", static_cast<std::int64_t>(live.views_at(now)));
  row.text("alive_stop_at", moment_text(live.planned_stop));
  const bool by_hand = std::chrono::abs(live.stop - live.planned_stop) > on_time;
  row.text("alive_manual_stop_at",
           by_hand && live.stop <= now ? moment_text(live.stop) : std::string(zero_date));
  row.number("recycle_bin_state", article.sold_at(now) ? 0 : 1);
}

void append_live(std::string& out, const OrderBook& book, const Live& live, Moment now,
                 bool all_text) {
  if (out.back() != '[') out += ',';
  JsonRow row(out, all_text);
  begin_live(row, book, live, now);
  row.text("reward_sum", yuan_text(live.reward_at(now)));
  row.finish();
}

bool announced(const OrderBook& book, const Live& live, Moment now) {
  return article_of(book, live).created <= now;
}

std::string list_head(std::uint64_t total, std::uint64_t page, std::uint64_t size) {
  return fmt::format("{{\"total\":{},\"page\":{},\"page_count\":{},\"list\":[", total, page,
                     (total + size - 1) / size);
}

}  // namespace

PageQuery read_live_page(RequestFields& fields) {
  const std::int64_t page = fields.integer("page").value_or(1);
  const std::int64_t size = fields.integer("page_size").value_or(page_usual);
  fields.require(page >= 1, "page begins at 1");
  fields.require(size >= 1 && size <= page_max, "page_size is at most 50");
  return {.page = static_cast<std::uint64_t>(std::max<std::int64_t>(page, 1)),
          .size = static_cast<std::uint64_t>(std::clamp<std::int64_t>(size, 1, page_max))};
}

std::string list_lives(const OrderBook& book, const PageQuery& page, Moment now, bool all_text,
                       std::int64_t total_off_by) {
  const std::vector<Live>& lives = book.catalogue().lives();
  // In the order of their announcement, so those that are there stand in front.
  const std::uint64_t there =
      first_not(lives.size(), [&](std::uint64_t at) { return announced(book, lives[at], now); });
  const std::int64_t told = static_cast<std::int64_t>(there) + total_off_by;
  std::string out =
      list_head(static_cast<std::uint64_t>(std::max<std::int64_t>(0, told)), page.page, page.size);
  for (std::uint64_t place = page.first(); place < std::min(there, page.first() + page.size);
       ++place)
    append_live(out, book, lives[there - 1 - place], now, all_text);
  return out + "]}";
}

std::vector<std::string> read_live_ids(RequestFields& fields) {
  std::vector<std::string> ids;
  const std::string_view given = fields.value("ids");
  const auto elements = json_elements(given.empty() ? "[]" : given);
  if (elements)
    for (const std::string_view id : *elements) ids.push_back(json_text(id).value_or(""));
  fields.require(!ids.empty() && ids.size() <= ids_max, "ids are 1 to 50 ids");
  return ids;
}

std::string lives_by_ids(const OrderBook& book, const std::vector<std::string>& ids, Moment now,
                         bool all_text) {
  std::string list = "[";
  std::uint64_t found = 0;
  for (const std::string& id : ids) {
    const Live* live = book.catalogue().live(id);
    if (live == nullptr || !announced(book, *live, now)) continue;
    append_live(list, book, *live, now, all_text);
    ++found;
  }
  return list_head(found, 1, ids_max) + list.substr(1) + "]}";
}

std::uint64_t purchases_of(const OrderBook& book, const Live& live, Moment now) {
  const Article& article = article_of(book, live);
  const Moment end = std::min(article.taken_off.value_or(now), now);
  std::uint64_t purchases = 0;
  const std::uint64_t last = book.placed_before(end + std::chrono::seconds(1));
  for (std::uint64_t index = book.placed_before(article.created); index < last; ++index) {
    const OrderFate fate = book.fate(index);
    if (fate.article == live.article && fate.paid && *fate.paid <= now) ++purchases;
  }
  return purchases;
}

std::string live_detail(const OrderBook& book, std::string_view id, Moment now, bool all_text) {
  const Live* live = book.catalogue().live(id);
  if (live == nullptr || !announced(book, *live, now)) return {};
  std::string out;
  JsonRow row(out, all_text);
  begin_live(row, book, *live, now);
  // A number when it is nothing, a text otherwise.
  if (live->reward_at(now) == 0)
    row.number("reward_sum", 0);
  else
    row.text("reward_sum", yuan_text(live->reward_at(now)));
  row.text("alive_start_at", moment_text(live->start));
  row.number("alive_state", alive_state(*live, now));
  row.number("purchase_count", static_cast<std::int64_t>(purchases_of(book, *live, now)));
  row.number("create_mode", 0);
  row.text("page_url", fmt::format("https://example.com/live/{}", id));
  row.text("img_url", "https://example.com/live.png");
  row.finish();
  return out;
}

}  // namespace tidemark::load::xiaoe
