#include "load/xiaoe/sandbox/shop_api.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/civil_time.h"
#include "base/json_check.h"
#include "base/json_object.h"
#include "base/json_text.h"
#include "load/xiaoe/sandbox/order_list.h"

namespace tidemark::load::xiaoe {
namespace {

constexpr std::string_view order_list_name = "xe.order.list.get/1.0.1";
constexpr std::chrono::seconds call_window{10};
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
  return {.response = json_response(envelope(code, message, "null"))};
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

/// As GBK writes 第 (B5 DA), which stands in every title.
void write_in_gbk(std::string& body) {
  constexpr std::string_view utf8 = "第";
  for (std::size_t at = body.find(utf8); at != std::string::npos; at = body.find(utf8, at + 2))
    body.replace(at, utf8.size(), "\xb5\xda");
}

http::Response html_page() {
  return {.status = 500,
          .content_type = "text/html",
          .body = "<html><body><h1>500 Internal Server Error</h1></body></html>"};
}

http::Response bad_request(std::string_view why) {
  return {.status = 400, .content_type = "text/plain", .body = std::string(why) + "\n"};
}

std::optional<Moment> moment_of(std::string_view text) {
  const std::optional<CivilTime> time = CivilTime::parse(text);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(time->time());
}

}  // namespace

ShopApi::ShopApi(const SandboxOptions& options, const Clock& clock)
    : clock_(clock),
      time_(clock, options.stands_at),
      book_(options.orders),
      desk_(options.credentials, options.orders.seed),
      dice_(options.faults, options.orders.seed),
      token_calls_(options.tokens_per_window, token_window),
      order_calls_(options.calls_per_window, call_window) {}

ShopAnswer ShopApi::token(const http::Request& request) {
  ++tokens_asked_;
  if (!token_calls_.take(clock_.steady())) return refused(2053, "the number of calls is used up");
  // The vendor's samples disagree: Java and PHP use the query, Go and Python a JSON body.
  const std::vector<JsonMember> body = members_of(request.body);
  const auto field = [&](std::string_view name) {
    if (const auto given = request.query.find(name)) return std::string(*given);
    return member_text(body, name);
  };
  const TokenDesk::Issued issued = desk_.issue({.app_id = field("app_id"),
                                                .client_id = field("client_id"),
                                                .secret_key = field("secret_key")},
                                               field("grant_type"), time_.now());
  if (issued.code != 0) return refused(issued.code, issued.message);
  return {.response =
              json_response(envelope(0, "success",
                                     fmt::format(R"({{"access_token":"{}","expires_in":{}}})",
                                                 issued.token, issued.seconds_left)))};
}

ShopAnswer ShopApi::call(std::string_view name, const http::Request& request) {
  if (name != order_list_name) return refused(2052, "this interface is not offered");
  if (request.method != "POST") return refused(2055, "wrong request method");
  ++lists_asked_;
  const Faults faults = dice_.roll();
  if (faults.hang) return {.response = html_page(), .delay = hang_delay};
  if (faults.error500) return {.response = html_page(), .delay = faults.delay};
  if (faults.revoke) desk_.revoke();
  if (!order_calls_.take(clock_.steady())) return refused(2053, "the number of calls is used up");
  if (faults.storm) return refused(2054, "sudden burst of requests");
  if (faults.busy) return refused(1001, "system busy");
  const std::string token = member_text(members_of(request.body), "access_token");
  if (token.empty()) return refused(2007, "access_token is missing");
  if (!desk_.is_valid(token, time_.now()))
    return refused(2008, "access_token is expired or does not exist");
  return {.response = json_response(order_list(request.body, faults)), .delay = faults.delay};
}

std::string ShopApi::order_list(std::string_view body, const Faults& faults) {
  ReadQuery read = read_order_query(body, time_.now());
  if (!read.query) return envelope(40004, read.wrong, "null");
  OrderQuery& query = *read.query;
  if (faults.repeat && query.page_index > 1) --query.page_index;
  const OrderListPage page = list_orders(book_, query, time_.now());
  const std::int64_t total =
      std::max<std::int64_t>(0, static_cast<std::int64_t>(page.total) + faults.total_off_by);
  std::string text =
      envelope(0, "success", fmt::format(R"({{"total":{},"list":{}}})", total, page.list));
  if (faults.gbk) write_in_gbk(text);
  if (faults.truncate) text.resize(text.size() / 2);
  return text;
}

http::Response ShopApi::set_clock(const http::Request& request) {
  for (const JsonMember& member : members_of(request.body)) {
    if (member.name == "advance_seconds") {
      time_.advance(
          std::chrono::seconds(std::strtoll(std::string(member.value).c_str(), nullptr, 10)));
    } else if (member.name == "now") {
      const std::optional<Moment> moment = moment_of(json_text(member.value).value_or(""));
      if (!moment) return bad_request("now is no time");
      time_.set(*moment);
    } else {
      return bad_request("advance_seconds or now");
    }
  }
  return json_response(fmt::format(R"({{"now":"{}"}})", CivilTime(time_.now()).text()));
}

http::Response ShopApi::set_faults(const http::Request& request) {
  const Result<FaultRates> rates = FaultRates::parse(member_text(members_of(request.body), "spec"));
  if (!rates) return bad_request(rates.error().what.en);
  dice_.set(*rates);
  return json_response("{}");
}

http::Response ShopApi::truth(const http::Request& request) const {
  const std::optional<Moment> from = moment_of(request.query.find("from").value_or(""));
  const std::optional<Moment> to = moment_of(request.query.find("to").value_or(""));
  if (!from || !to) return bad_request("from and to are days");
  return json_response(truth_by_day(
      book_, *from, *to + std::chrono::days(1) - std::chrono::seconds(1), time_.now()));
}

http::Response ShopApi::calls() const {
  return json_response(
      fmt::format(R"({{"tokens":{},"lists":{}}})", tokens_asked_.load(), lists_asked_.load()));
}

}  // namespace tidemark::load::xiaoe
