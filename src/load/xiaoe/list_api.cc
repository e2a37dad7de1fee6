#include "load/xiaoe/list_api.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_object.h"
#include "load/cell.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::chrono::seconds ten_seconds{10};

std::int64_t unix_seconds(const CivilTime& china) {
  return std::chrono::duration_cast<std::chrono::seconds>(china.time().time_since_epoch() -
                                                          china_offset)
      .count();
}

// Whether the end of a window is included is nowhere said of any list. So each is asked for a
// little more than is wanted (a second, a day), and what comes twice is folded by the warehouse.

std::string last_day(const ListQuestion& asked) {
  return date_text(asked.end_too ? asked.slice->upto + std::chrono::days(1) : asked.slice->upto);
}

std::optional<std::string> order_question(const ListQuestion& asked, std::uint64_t page_size) {
  return fmt::format(R"("page_index":{},"page_size":{},"order_by":"created_at:asc",)"
                     R"("begin_time":{},"end_time":{})",
                     asked.page, page_size, unix_seconds(asked.slice->from),
                     unix_seconds(asked.slice->upto) + 1);
}

std::optional<std::string> aftersale_question(const ListQuestion& asked, std::uint64_t page_size) {
  return fmt::format(R"("page_index":{},"page_size":{},"date_type":"{}","sales_state":-1,)"
                     R"("created_at":"{}||{}")",
                     asked.page, page_size, asked.by_creation ? "created_at" : "updated_at",
                     date_text(asked.slice->from), last_day(asked));
}

std::optional<std::string> user_question(const ListQuestion& asked, std::uint64_t page_size) {
  std::string question =
      fmt::format(R"("page_size":{},"user_created_start":"{}","user_created_end":"{}")", page_size,
                  date_text(asked.slice->from), last_day(asked));
  if (asked.last_row.empty()) return question;
  const auto members = json_members(asked.last_row);
  if (!members) return std::nullopt;
  const auto cursor = std::ranges::find(*members, "es_skip", &JsonMember::name);
  if (cursor == members->end() || cursor->value == "null") return std::nullopt;
  return question + fmt::format(R"(,"es_skip":{})", cursor->value);
}

std::optional<std::string> goods_question(const ListQuestion& asked, std::uint64_t page_size) {
  std::string question = fmt::format(R"("page":{},"page_size":{})", asked.page, page_size);
  if (asked.slice != nullptr)
    question += fmt::format(R"(,"start_time":"{}","end_time":"{}")", asked.slice->from.text(),
                            (asked.slice->upto + std::chrono::seconds(1)).text());
  return question;
}

// The parameters of this list are published nowhere. These are those of its sister
// xe.alive.list.by_ids/1.0.0, whose answers name them: an assumption, which a shop may prove wrong.
std::optional<std::string> live_question(const ListQuestion& asked, std::uint64_t page_size) {
  return fmt::format(R"("page":{},"page_size":{})", asked.page, page_size);
}

}  // namespace

CivilTime platform_opened() { return CivilTime::parse("2016-01-01").value_or(CivilTime()); }

std::string row_id(std::string_view row, std::string_view member) {
  const auto members = json_members(row);
  if (!members) return {};
  const auto found = std::ranges::find(*members, member, &JsonMember::name);
  if (found == members->end() || found->value.empty()) return {};
  const char first = found->value.front();
  if (first == '"') return json_text(found->value).value_or("");
  const bool number = first == '-' || (first >= '0' && first <= '9');
  return number ? std::string(found->value) : std::string();
}

const ListApi& order_list() {
  static const ListApi api{.interface = {.name = "xe.order.list.get/1.0.1",
                                         .calls = 3000,
                                         .window = ten_seconds,
                                         .permission = "订单管理-查询"},
                           .page_size = 200,
                           .id_member = "order_id",
                           .total_member = "total",
                           .reach = {.time = WindowTime::created,
                                     .window_max = std::chrono::days(7),
                                     .earliest = platform_opened()},
                           .oldest_first = true,
                           .question = order_question};
  return api;
}

const ListApi& aftersale_list() {
  static const ListApi api{.interface = {.name = "xe.ecommerce.after_sale.list/1.0.0",
                                         .calls = 300,
                                         .window = std::chrono::minutes(1)},
                           .page_size = 50,
                           .id_member = "aftersale_id",
                           .total_member = "row_count",
                           .reach = {.time = WindowTime::changed,
                                     .window_max = std::chrono::days(7),
                                     .whole_days = true,
                                     .earliest = platform_opened()},
                           .question = aftersale_question};
  return api;
}

const ListApi& user_list() {
  static const ListApi api{
      .interface = {.name = "xe.user.batch.get/2.0.0", .calls = 3000, .window = ten_seconds},
      .page_size = 50,
      .id_member = "user_id",
      .total_member = "total",
      .reach = {.time = WindowTime::created,
                .window_max = std::chrono::days(30),
                .whole_days = true,
                .earliest = platform_opened()},
      .pages_are_numbered = false,
      .question = user_question};
  return api;
}

const ListApi& goods_list() {
  static const ListApi api{
      .interface = {.name = "xe.goods.list.get/4.0.0", .calls = 3000, .window = ten_seconds},
      .page_size = 100,
      .id_member = "resource_id",
      .total_member = "total",
      // With the second more, the longest span that the API takes.
      .reach = {.time = WindowTime::created,
                .window_max = std::chrono::days(15) - std::chrono::seconds(1),
                .everything = true,
                .earliest = platform_opened()},
      .question = goods_question};
  return api;
}

const ListApi& live_list() {
  static const ListApi api{
      // No limit is published; that of xe.alive.list.by_ids.
      .interface = {.name = "xe.alive.list.get/1.0.0", .calls = 100, .window = ten_seconds},
      .page_size = 50,
      .id_member = "id",
      .total_member = "total",
      .reach = {.everything = true, .earliest = platform_opened()},
      .question = live_question};
  return api;
}

}  // namespace tidemark::load::xiaoe
