#include "load/xiaoe/gateway_code.h"

namespace tidemark::load::xiaoe {

GatewayAction action_of(std::int64_t code) {
  switch (code) {
    case 0:
      return GatewayAction::proceed;
    case 1001:
    case 1002:
      return GatewayAction::retry;
    case 2008:
      return GatewayAction::new_token;
    case 2053:
      return GatewayAction::next_window;
    case 2054:
      return GatewayAction::slow_down;
    // 2001 to 2004 are told apart differently by different pages: one class.
    case 2001:
    case 2002:
    case 2003:
    case 2004:
    case 2005:
    case 2006:
    case 2017:
    case 2020:
    case 2051:
      return GatewayAction::give_up;
    case 2007:
    case 2052:
    case 2055:
      return GatewayAction::not_offered;
    default:
      return GatewayAction::refused;
  }
}

Message hint_of(std::int64_t code, std::string_view interface, std::string_view permission) {
  switch (code) {
    case 2001:
    case 2002:
    case 2003:
    case 2004:
    case 2020:
      return say(
          {"check TIDEMARK_XIAOE__APP_ID, TIDEMARK_XIAOE__CLIENT_ID and "
           "TIDEMARK_XIAOE__SECRET_KEY (or …_FILE) against the shop's console",
           "请对照店铺后台检查 TIDEMARK_XIAOE__APP_ID、TIDEMARK_XIAOE__CLIENT_ID 和 "
           "TIDEMARK_XIAOE__SECRET_KEY（或 …_FILE）"});
    case 2017:
      if (permission.empty())
        return say({"the shop's console grants the permission for {}",
                    "请在店铺后台为应用开通接口 {} 的权限"},
                   interface);
      return say({"the shop's console grants the permission: {}", "请在店铺后台为应用开通权限：{}"},
                 permission);
    case 2051:
      return say({"add this machine's public address to the IP whitelist in the shop's console",
                  "请在店铺后台把本机公网 IP 加入白名单"});
    case 2007:
    case 2052:
    case 2055:
      return say(
          {"the shop does not take calls of {}; a proxy or a wrong xiaoe.url may be the cause",
           "店铺不接受对 {} 的调用；请检查 xiaoe.url 以及中间的代理"},
          interface);
    default:
      return {};
  }
}

}  // namespace tidemark::load::xiaoe
