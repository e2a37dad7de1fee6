#include "load/xiaoe/doctor/shop_checks.h"

#include <fmt/format.h>

#include <array>

#include "base/bytes.h"
#include "base/civil_time.h"
#include "load/cell.h"
#include "load/xiaoe/doctor/shop_probe.h"
#include "load/xiaoe/gateway_code.h"
#include "load/xiaoe/list_api.h"
#include "load/xiaoe/shop_clock.h"
#include "run/figures.h"

namespace tidemark::load::xiaoe {
namespace {

using run::Finding;
using run::Verdict;

constexpr std::chrono::seconds clock_difference_max{30};

/// The smallest request that an interface answers. {} is today.
struct Question {
  std::string_view api;
  std::string_view command;
  std::string_view fields;
  bool of_nothing = false;  ///< Asks for what is not there: to be told so is an answer.
};
constexpr std::array questions = {
    Question{"xe.order.list.get/1.0.1", "load orders", R"("page_index":1,"page_size":1)"},
    Question{"xe.ecommerce.after_sale.list/1.0.0", "load aftersales",
             R"("page_index":1,"page_size":1,"created_at":"{0}||{0}")"},
    Question{"xe.user.batch.get/2.0.0", "load users", R"("page_size":1)"},
    Question{"xe.goods.list.get/4.0.0", "load products", R"("page":1,"page_size":1)"},
    Question{"xe.alive.list.get/1.0.0", "load live", R"("page":1,"page_size":1)"},
    Question{"xe.alive.detail.get/1.0.0", "load live", R"("id":"l_none")", true},
    Question{"xe.alive.list.by_ids/1.0.0", "load live --ids",
             R"("ids":["l_none"],"page":1,"page_size":1)", true},
};

Finding check_credentials(const ClientOptions& shop) {
  std::string missing;
  for (const auto& [name, value] :
       {std::pair("app_id", &shop.app_id), std::pair("client_id", &shop.client_id),
        std::pair("secret_key", &shop.secret_key)})
    if (value->empty()) missing += fmt::format("{}{}", missing.empty() ? "" : ", ", name);
  if (missing.empty())
    return {.check = "credentials",
            .what = say({"app_id {}, client_id {}, and a secret key",
                         "app_id {}，client_id {}，密钥已设置"},
                        printable(shop.app_id), printable(shop.client_id))};
  if (missing == "client_id")
    return {.check = "credentials",
            .verdict = Verdict::warning,
            .what = say({"no client_id", "没有 client_id"}),
            .mend = say({"right for shops opened before 2019-12-09; set TIDEMARK_XIAOE__CLIENT_ID "
                         "for all others",
                         "仅 2019-12-09 之前开通的店铺可以不填；其他店铺请设置 "
                         "TIDEMARK_XIAOE__CLIENT_ID"})};
  return {.check = "credentials",
          .verdict = Verdict::failure,
          .what = say({"missing: {}", "缺少：{}"}, missing),
          .mend = say({"set TIDEMARK_XIAOE__APP_ID, TIDEMARK_XIAOE__CLIENT_ID and "
                       "TIDEMARK_XIAOE__SECRET_KEY_FILE; the shop's console shows their values",
                       "请设置 TIDEMARK_XIAOE__APP_ID、TIDEMARK_XIAOE__CLIENT_ID 和 "
                       "TIDEMARK_XIAOE__SECRET_KEY_FILE，取值见店铺后台"})};
}

Message answered(const ProbeAnswer& answer) {
  return say({"the shop answers {}: {}", "店铺返回 {}：{}"}, answer.code,
             printable(answer.message));
}

Finding whitelist_finding(const ProbeAnswer& answer) {
  return {.check = "whitelist",
          .verdict = Verdict::failure,
          .what = answered(answer),
          .mend = say({"add the public address of this machine to the IP whitelist of the "
                       "application in the shop's console; behind a proxy or NAT it is the "
                       "address that the shop sees",
                       "请在店铺后台把本机的公网 IP 加入应用的 IP 白名单；经过代理或 NAT 时，"
                       "应填写店铺看到的地址"})};
}

/// What an answer to the request for a token means.
Finding check_token(const ProbeAnswer& answer) {
  switch (answer.code) {
    case 0:
      return {.check = "token", .what = say({"the shop issues one", "店铺已签发"})};
    case 2051:
      return whitelist_finding(answer);
    case 1001:
    case 1002:
    case 2053:
    case 2054:
      return {.check = "token",
              .verdict = Verdict::warning,
              .what = answered(answer),
              .mend = say({"wait ten minutes and look again", "请等待十分钟后再检查"})};
    default:
      return {.check = "token",
              .verdict = Verdict::failure,
              .what = answered(answer),
              .mend = say({"compare TIDEMARK_XIAOE__APP_ID, TIDEMARK_XIAOE__CLIENT_ID and "
                           "TIDEMARK_XIAOE__SECRET_KEY with the shop's console",
                           "请对照店铺后台检查 TIDEMARK_XIAOE__APP_ID、TIDEMARK_XIAOE__CLIENT_ID "
                           "和 TIDEMARK_XIAOE__SECRET_KEY"})};
  }
}

/// The shop's clock stamps what is created; this machine's clock decides up to when all has
/// arrived.
Finding check_clock(const ProbeAnswer& answer, std::chrono::seconds margin) {
  constexpr std::string_view check = "shop_clock";
  if (!answer.shop_time)
    return {
        .check = std::string(check),
        .verdict = Verdict::warning,
        .what = say({"unknown: the shop's answers have no Date", "未知：店铺的应答没有 Date 头"})};
  const std::chrono::microseconds ahead =
      shop_ahead(answer.asked_at, *answer.shop_time, answer.answered_at);
  const auto apart = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::abs(ahead));
  const Message difference{run::duration_text(apart, Language::english),
                           run::duration_text(apart, Language::chinese)};
  if (apart <= clock_difference_max)
    return {.check = std::string(check),
            .what = Message{"shop and machine agree within " + difference.en,
                            "店铺与本机时钟相差不超过 " + difference.zh}};
  const bool behind = ahead.count() < 0;
  return {.check = std::string(check),
          .verdict = apart >= clocks_apart_max(margin) ? Verdict::failure : Verdict::warning,
          .what = behind
                      ? Message{"the shop's clock is " + difference.en + " behind this machine's",
                                "店铺时钟比本机慢 " + difference.zh}
                      : Message{"the shop's clock is " + difference.en + " ahead of this machine's",
                                "店铺时钟比本机快 " + difference.zh},
          .mend = say({"let this machine use NTP; a load stops when the clocks are half of "
                       "load.margin or more apart",
                       "请为本机启用 NTP；两者相差达到 load.margin 的一半时加载会中止"})};
}

/// Asks; once more with a new token where the shop no longer takes the one that it gave: others ask
/// for tokens of the same application, and a load goes on likewise. Errors: those of ShopProbe.
Result<ProbeAnswer> call_with_token(ShopProbe& probe, std::string_view api,
                                    std::string_view fields) {
  Result<ProbeAnswer> answer = probe.call(api, fields);
  if (!answer || action_of(answer->code) != GatewayAction::new_token) return answer;
  Result<ProbeAnswer> token = probe.token();
  if (!token || token->code != 0) return token;
  return probe.call(api, fields);
}

Finding check_permission(ShopProbe& probe, const Question& question, std::string_view today) {
  std::string fields(question.fields);
  for (std::size_t at; (at = fields.find("{0}")) != std::string::npos;)
    fields.replace(at, 3, today);
  const Result<ProbeAnswer> answer = call_with_token(probe, question.api, fields);
  if (!answer) return run::unchecked("permission", answer.error());
  const bool tells_nothing =
      question.of_nothing && action_of(answer->code) == GatewayAction::refused;
  if (answer->code == 0 || tells_nothing)
    return {
        .check = "permission",
        .what = say({"{} may be called ({})", "可调用 {}（{}）"}, question.api, question.command)};
  if (answer->code == 2051) return whitelist_finding(*answer);
  const Message said = answered(*answer);
  Finding finding{.check = "permission",
                  .verdict = Verdict::warning,
                  .what = Message{fmt::format("{}: {}", question.api, said.en),
                                  fmt::format("{}：{}", question.api, said.zh)}};
  if (answer->code == 2017) {
    // The others are loaded by those who want them; without orders there is nothing.
    if (&question == &questions.front()) finding.verdict = Verdict::failure;
    finding.mend =
        say({"grant the application this interface in the shop's console (orders: "
             "订单管理-查询); without it, do not run `tidemark {}`",
             "请在店铺后台为应用开通此接口的权限（订单为“订单管理-查询”）；不需要时请勿运行 "
             "`tidemark {}`"},
            question.command);
  } else if (action_of(answer->code) == GatewayAction::new_token) {
    finding.mend =
        say({"the shop refuses also the token that it has just given: another program fetches "
             "tokens of the same application all the time; let only one of them do so, or give "
             "Tidemark an application of its own",
             "刚签发的令牌也被拒绝：可能有其他程序在不断获取同一应用的令牌；请只保留一个，或为 "
             "Tidemark 单独创建应用"});
  } else if (answer->code == 1001 || answer->code == 1002 || answer->code == 2053 ||
             answer->code == 2054) {
    finding.mend =
        say({"nothing is wrong here: look again in a minute", "并非配置问题，请稍后再检查"});
  }
  return finding;
}

}  // namespace

std::vector<Finding> examine_shop(const ClientOptions& shop, std::chrono::seconds margin,
                                  const Clock& clock) {
  std::vector<Finding> findings{check_credentials(shop)};
  if (findings.front().verdict == Verdict::failure) return findings;
  Result<std::unique_ptr<ShopProbe>> probe = ShopProbe::create(shop, clock);
  if (!probe) {
    findings.push_back(run::unchecked("shop", probe.error(), Verdict::failure));
    return findings;
  }
  const Result<ProbeAnswer> token = (*probe)->token();
  if (!token) {
    findings.push_back(run::unchecked("shop", token.error(), Verdict::failure));
    return findings;
  }
  findings.push_back({.check = "shop", .what = say({"{} answers", "{} 有应答"}, shop.url)});
  findings.push_back(check_token(*token));
  findings.push_back(check_clock(*token, margin));
  if (token->code != 0) return findings;
  findings.push_back(
      {.check = "whitelist", .what = say({"this machine's address is in it", "包含本机地址"})});
  // Days are those of China.
  const std::string today = date_text(local_time(clock.wall(), china_offset));
  for (const Question& question : questions)
    findings.push_back(check_permission(**probe, question, today));
  return findings;
}

}  // namespace tidemark::load::xiaoe
