#include "load/xiaoe/sandbox/shop_api.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_check.h"
#include "base/json_object.h"
#include "base/json_text.h"
#include "load/xiaoe/sandbox/goods_list.h"
#include "load/xiaoe/sandbox/live_list.h"
#include "load/xiaoe/sandbox/order_list.h"
#include "load/xiaoe/sandbox/seeded_book.h"
#include "load/xiaoe/sandbox/truth.h"
#include "load/xiaoe/sandbox/user_list.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::chrono::minutes token_window{10};
constexpr std::chrono::seconds hang_delay{90};  ///< Longer than any client waits.

http::Response json_response(std::string body) {
  return {.content_type = "application/json; charset=utf-8", .body = std::move(body)};
}

std::string envelope(int code, std::string_view message, std::string_view data) {
  std::string out = fmt::format("{{\"code\":{},\"msg\":", code);
  append_json_text(out, message);
  out += ",\"data\":";
  out += data;
  return out + "}";
}

ShopAnswer refused(int code, std::string_view message) {
  return {.response = json_response(envelope(code, message, "null")), .code = code};
}

/// The text of a member; empty if it is not there.
std::string member_text(const std::vector<JsonMember>& members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &JsonMember::name);
  return found == members.end() ? std::string() : json_text(found->value).value_or("");
}

std::vector<JsonMember> members_of(const std::string& body) {
  if (check_json(body)) return {};
  return json_members(body).value_or(std::vector<JsonMember>());
}

/// A few words as GBK writes them; one of them stands in every list.
void write_in_gbk(std::string& body) {
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"第", "\xb5\xda"}, {"直播", "\xd6\xb1\xb2\xa5"}, {"退款", "\xcd\xcb\xbf\xee"}};
  for (const auto& [utf8, gbk] : words)
    for (std::size_t at = body.find(utf8); at != std::string::npos; at = body.find(utf8, at + 2))
      body.replace(at, utf8.size(), gbk);
}

http::Response html_page(int status) {
  return {.status = status,
          .content_type = "text/html",
          .body = "<html><body><h1>500 Internal Server Error</h1></body></html>"};
}

http::Response bad_request(std::string_view why) {
  return {.status = 400, .content_type = "text/plain", .body = std::string(why) + "\n"};
}

}  // namespace

struct ShopApi::Desk {
  /// As published (PROTOCOLS 1.6), so many calls in a window. That of xe.alive.list.get is not
  /// known; the stricter one of its neighbours stands for it.
  struct Offer {
    std::string_view name;
    std::string_view stream;
    std::uint64_t calls;
    std::chrono::seconds window;
    Data (ShopApi::*answer)(std::string_view body, const Faults& faults);
  };

  explicit Desk(const Offer& offered, std::uint64_t calls)
      : offer(offered), window(calls, offered.window) {}

  const Offer offer;
  CallWindow window;
  std::atomic<std::uint64_t> asked{0};
};

ShopApi::ShopApi(const SandboxOptions& options, const Clock& clock)
    : clock_(clock),
      time_(clock, options.stands_at),
      book_(options.book ? options.book : std::make_shared<SeededBook>(options.orders)),
      after_sales_(*book_),
      token_desk_(options.credentials, options.orders.seed),
      dice_(options.faults, options.orders.seed),
      token_calls_(options.tokens_per_window, token_window) {
  using std::chrono::seconds;
  const Desk::Offer offers[] = {
      {"xe.order.list.get/1.0.1", "orders", 3000, seconds(10), &ShopApi::orders},
      {"xe.ecommerce.after_sale.list/1.0.0", "aftersales", 300, seconds(60), &ShopApi::after_sales},
      {"xe.user.batch.get/2.0.0", "users", 3000, seconds(10), &ShopApi::users},
      {"xe.goods.list.get/4.0.0", "goods", 3000, seconds(10), &ShopApi::goods},
      {"xe.alive.list.get/1.0.0", "live", 100, seconds(10), &ShopApi::live_page},
      {"xe.alive.list.by_ids/1.0.0", "live", 100, seconds(10), &ShopApi::lives_by_id},
      {"xe.alive.detail.get/1.0.0", "live", 500, seconds(10), &ShopApi::live_details},
  };
  for (const Desk::Offer& offer : offers)
    desks_.emplace_back(offer, options.calls_per_window.value_or(offer.calls));
  time_.skew(options.faults.skew);
}

ShopApi::~ShopApi() = default;

ShopAnswer ShopApi::token(const http::Request& request) {
  ++tokens_asked_;
  if (dice_.roll().ip) return refused(2051, "the IP is not in the whitelist");
  if (!token_calls_.take(clock_.steady())) return refused(2053, "the number of calls is used up");
  // The vendor's samples disagree: Java and PHP use the query, Go and Python a JSON body.
  const std::vector<JsonMember> body = members_of(request.body);
  const auto field = [&](std::string_view name) {
    if (const auto given = request.query.find(name)) return std::string(*given);
    return member_text(body, name);
  };
  const TokenDesk::Issued issued = token_desk_.issue({.app_id = field("app_id"),
                                                      .client_id = field("client_id"),
                                                      .secret_key = field("secret_key")},
                                                     field("grant_type"), time_.now());
  if (issued.code != 0) return refused(issued.code, issued.message);
  return {.response =
              json_response(envelope(0, "success",
                                     fmt::format(R"({{"access_token":"{}","expires_in":{}}})",
                                                 issued.token, issued.seconds_left)))};
}

std::optional<ShopAnswer> ShopApi::refusal(Desk& desk, const http::Request& request,
                                           const Faults& faults) {
  if (faults.revoke) token_desk_.revoke();
  if (faults.ip) return refused(2051, "the IP is not in the whitelist");
  if (faults.limit || !desk.window.take(clock_.steady()))
    return refused(2053, "the number of calls is used up");
  if (faults.storm) return refused(2054, "sudden burst of requests");
  if (faults.busy) return refused(1001, "system busy");
  if (faults.malformed) return refused(1002, "the service returned a malformed result");
  const std::string token = member_text(members_of(request.body), "access_token");
  if (token.empty()) return refused(2007, "access_token is missing");
  if (!token_desk_.is_valid(token, time_.now()))
    return refused(2008, "access_token is expired or does not exist");
  if (dice_.denies(desk.offer.stream)) return refused(2017, "no permission for this interface");
  return std::nullopt;
}

ShopAnswer ShopApi::note_refused(ShopAnswer answer) {
  const std::lock_guard lock(refused_mutex_);
  ++refused_[answer.code];
  return answer;
}

ShopAnswer ShopApi::call(std::string_view name, const http::Request& request) {
  const auto desk =
      std::ranges::find_if(desks_, [&](const Desk& one) { return one.offer.name == name; });
  if (desk == desks_.end()) return refused(2052, "this interface is not offered");
  if (request.method != "POST") return refused(2055, "wrong request method");
  ++desk->asked;
  const Faults faults = dice_.roll();
  if (faults.hang) return {.response = html_page(500), .delay = hang_delay};
  if (faults.error500) return {.response = html_page(500), .delay = faults.delay};
  if (faults.html) return {.response = html_page(200), .delay = faults.delay};
  if (std::optional<ShopAnswer> refused = refusal(*desk, request, faults))
    return note_refused(std::move(*refused));
  const Data data = (this->*desk->offer.answer)(request.body, faults);
  std::string text =
      data.wrong.empty() ? envelope(0, "success", data.json) : envelope(40004, data.wrong, "null");
  if (faults.gbk) write_in_gbk(text);
  if (faults.truncate) text.resize(text.size() / 2);
  return {.response = json_response(std::move(text)), .delay = faults.delay};
}

ShopApi::Data ShopApi::orders(std::string_view body, const Faults& faults) {
  ReadQuery read = read_order_query(body, time_.now());
  if (!read.query) return {.wrong = std::string(read.wrong)};
  OrderQuery& query = *read.query;
  if (faults.repeat && query.page_index > 1) --query.page_index;
  const OrderListPage page = list_orders(*book_, query, time_.now(), faults.strings);
  const std::int64_t total =
      std::max<std::int64_t>(0, static_cast<std::int64_t>(page.total) + faults.total_off_by);
  return {.json = fmt::format(R"({{"total":{},"list":{}}})", total, page.list)};
}

ShopApi::Data ShopApi::after_sales(std::string_view body, const Faults& faults) {
  RequestFields fields(body);
  AfterSaleQuery query = read_after_sale_query(fields);
  if (!fields.wrong().empty()) return {.wrong = fields.wrong()};
  if (faults.repeat && query.page.page > 1) --query.page.page;
  return {.json = after_sales_.page(query, time_.now(), faults.strings, faults.total_off_by)};
}

ShopApi::Data ShopApi::users(std::string_view body, const Faults& faults) {
  RequestFields fields(body);
  UserQuery query = read_user_query(fields);
  if (!fields.wrong().empty()) return {.wrong = fields.wrong()};
  // The newest come first: the page before ends where users with higher numbers are.
  if (faults.repeat && query.after) *query.after += query.page_size;
  return {.json = list_users(*book_, query, time_.now(), faults.strings, faults.total_off_by)};
}

ShopApi::Data ShopApi::goods(std::string_view body, const Faults& faults) {
  RequestFields fields(body);
  GoodsQuery query = read_goods_query(fields);
  if (!fields.wrong().empty()) return {.wrong = fields.wrong()};
  if (faults.repeat && query.page.page > 1) --query.page.page;
  return {.json = list_goods(book_->catalogue(), query, time_.now(), faults.strings,
                             faults.total_off_by)};
}

ShopApi::Data ShopApi::live_page(std::string_view body, const Faults& faults) {
  RequestFields fields(body);
  PageQuery page = read_live_page(fields);
  if (!fields.wrong().empty()) return {.wrong = fields.wrong()};
  if (faults.repeat && page.page > 1) --page.page;
  return {.json = list_lives(*book_, page, time_.now(), faults.strings, faults.total_off_by)};
}

ShopApi::Data ShopApi::lives_by_id(std::string_view body, const Faults& faults) {
  RequestFields fields(body);
  const std::vector<std::string> ids = read_live_ids(fields);
  if (!fields.wrong().empty()) return {.wrong = fields.wrong()};
  return {.json = lives_by_ids(*book_, ids, time_.now(), faults.strings)};
}

ShopApi::Data ShopApi::live_details(std::string_view body, const Faults& faults) {
  const RequestFields fields(body);
  std::string detail = live_detail(*book_, fields.text("id"), time_.now(), faults.strings);
  if (detail.empty()) return {.wrong = "there is no live session with this id"};
  return {.json = std::move(detail)};
}

http::Response ShopApi::set_clock(const http::Request& request) {
  for (const JsonMember& member : members_of(request.body)) {
    if (member.name == "advance_seconds") {
      time_.advance(
          std::chrono::seconds(std::strtoll(std::string(member.value).c_str(), nullptr, 10)));
    } else if (member.name == "now") {
      const std::optional<Moment> moment = parse_moment(json_text(member.value).value_or(""));
      if (!moment) return bad_request("now is no time");
      time_.set(*moment);
    } else {
      return bad_request("advance_seconds or now");
    }
  }
  return json_response(fmt::format(R"({{"now":"{}"}})", moment_text(time_.now())));
}

http::Response ShopApi::set_faults(const http::Request& request) {
  const Result<FaultRates> rates = FaultRates::parse(member_text(members_of(request.body), "spec"));
  if (!rates) return bad_request(rates.error().what.en);
  time_.skew(rates->skew);
  dice_.set(*rates);
  return json_response("{}");
}

http::Response ShopApi::truth(const http::Request& request) const {
  const std::optional<Moment> from = parse_moment(request.query.find("from").value_or(""));
  const std::optional<Moment> to = parse_last_moment(request.query.find("to").value_or(""));
  if (!from || !to) return bad_request("from and to are days");
  std::string truth =
      truth_of(request.query.find("stream").value_or("orders"), *book_, *from, *to, time_.now());
  if (truth.empty()) return bad_request("stream is orders, aftersales, users, goods or live");
  return json_response(std::move(truth));
}

http::Response ShopApi::calls() const {
  std::uint64_t all = 0;
  std::string each;
  for (const Desk& desk : desks_) {
    all += desk.asked;
    each += fmt::format("{}\"{}\":{}", each.empty() ? "" : ",", desk.offer.name, desk.asked.load());
  }
  std::string refused;
  const std::lock_guard lock(refused_mutex_);
  for (const auto& [code, times] : refused_)
    refused += fmt::format("{}\"{}\":{}", refused.empty() ? "" : ",", code, times);
  return json_response(
      fmt::format(R"({{"tokens":{},"lists":{},"interfaces":{{{}}},"refused":{{{}}}}})",
                  tokens_asked_.load(), all, each, refused));
}

}  // namespace tidemark::load::xiaoe
