#include "load/xiaoe/sandbox/goods_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "load/xiaoe/sandbox/json_row.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::int64_t page_usual = 10;
constexpr std::int64_t page_max = 100;
constexpr std::chrono::days range_max{15};
constexpr std::int64_t on_sale_or_to_be = 3;  ///< A value of the filter only.

bool chosen(const GoodsQuery& query, const Article& article, Moment now) {
  const int status = sale_status_of(article, now);
  return article.created <= now && article.created >= query.begin && article.created <= query.end &&
         (!query.resource_type || *query.resource_type == article.resource_type) &&
         (!query.sale_status || *query.sale_status == status ||
          (*query.sale_status == on_sale_or_to_be && status != 0));
}

void append_article(std::string& out, const Article& article, Moment now, bool all_text) {
  const bool physical = article.resource_type == physical_type;
  JsonRow row(out, all_text);
  row.text("resource_id", article.id);
  row.text("spu_id", physical ? "spu_" + article.id : article.id);
  row.text("spu_type", physical ? "PHY" : "COR");
  row.text("goods_name", article.name_at(now));
  row.raw("goods_img", R"(["https://example.com/goods.png"])");
  row.number("resource_type", article.resource_type);
  row.number("price_low", article.price_at(now));
  row.number("price_high", article.price_at(now));
  row.amount("price_line", article.resource_type == live_type ? 0 : article.price * 2);
  row.number("sale_status", sale_status_of(article, now));
  row.number("is_deleted", article.deleted && *article.deleted <= now ? 1 : 0);
  row.number("is_display", 1);
  row.number("is_stop_sell", 0);
  row.text("created_at", moment_text(article.created));
  row.text("updated_at", moment_text(article.updated_at(now)));
  row.finish();
}

}  // namespace

int sale_status_of(const Article& article, Moment now) { return article.sold_at(now) ? 1 : 0; }

GoodsQuery read_goods_query(RequestFields& fields) {
  GoodsQuery query;
  const std::int64_t page = fields.integer("page").value_or(1);
  const std::int64_t size = fields.integer("page_size").value_or(page_usual);
  fields.require(page >= 1, "page begins at 1");
  fields.require(size >= 1, "page_size is at least 1");
  query.page = {.page = static_cast<std::uint64_t>(std::max<std::int64_t>(page, 1)),
                .size = static_cast<std::uint64_t>(std::clamp<std::int64_t>(size, 1, page_max))};
  fields.require(fields.has("start_time") == fields.has("end_time"),
                 "start_time and end_time go together");
  if (fields.has("start_time") && fields.has("end_time")) {
    const auto begin = parse_moment(fields.text("start_time"));
    const auto end = parse_last_moment(fields.text("end_time"));
    fields.require(begin && end && *begin <= *end, "start_time and end_time are no range");
    if (begin && end) {
      fields.require(*end - *begin <= range_max, "start_time and end_time: more than 15 days");
      query.begin = *begin;
      query.end = *end;
    }
  }
  query.sale_status = fields.integer("sale_status");
  query.resource_type = fields.integer("resource_type");
  return query;
}

std::string list_goods(const Catalogue& catalogue, const GoodsQuery& query, Moment now,
                       bool all_text, std::int64_t total_off_by) {
  std::string out = fmt::format("{{\"current_page\":{},\"list\":[", query.page.page);
  std::uint64_t total = 0;
  for (auto article = catalogue.articles().rbegin(); article != catalogue.articles().rend();
       ++article) {
    if (!chosen(query, *article, now)) continue;
    const std::uint64_t place = total++;
    if (place < query.page.first() || place >= query.page.first() + query.page.size) continue;
    if (out.back() != '[') out += ',';
    append_article(out, *article, now, all_text);
  }
  const auto told = static_cast<std::int64_t>(total) + total_off_by;
  return out + fmt::format("],\"total\":{}}}", std::max<std::int64_t>(0, told));
}

}  // namespace tidemark::load::xiaoe
