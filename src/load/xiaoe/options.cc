#include "load/xiaoe/options.h"

#include <array>

namespace tidemark::load::xiaoe {

const config::OptionGroup& options() {
  using config::Option;
  using enum config::OptionType;
  static constexpr std::array table = {
      Option{.key = "xiaoe.url",
             .type = text,
             .fallback = "https://api.xiaoe-tech.com",
             .example = "http://127.0.0.1:8900",
             .en = "The Xiaoe open API, or a sandbox of it",
             .zh = "小鹅通开放接口的地址，或沙箱地址"},
      Option{.key = "xiaoe.app_id",
             .type = text,
             .example = "appExample0001",
             .en = "The shop's app_id",
             .zh = "店铺的 app_id"},
      Option{.key = "xiaoe.client_id",
             .type = text,
             .example = "xopExample0001",
             .en = "The client_id of the shop's application",
             .zh = "店铺应用的 client_id"},
      Option{.key = "xiaoe.secret_key",
             .type = text,
             .example = "${file:/run/secrets/xiaoe_secret_key}",
             .secret = true,
             .en = "The secret_key of the shop's application",
             .zh = "店铺应用的 secret_key"},
      Option{.key = "xiaoe.ca",
             .type = text,
             .example = "/etc/tidemark/proxy-ca.pem",
             .en = "Certificates (PEM) of the authority that signed the API's; empty means the "
                   "system's",
             .zh = "签发接口证书的机构证书（PEM）；留空则使用系统证书"},
      Option{.key = "xiaoe.timeout",
             .type = duration,
             .fallback = "30s",
             .example = "60s",
             .range = "100ms..10m",
             .en = "How long one request may take",
             .zh = "单个请求的最长时间"},
  };
  static constexpr config::OptionGroup group = {
      .title_en = "Xiaoe",
      .title_zh = "小鹅通",
      .about_en = "A 小鹅通 (Xiaoe) shop that `tidemark load` reads.",
      .about_zh = "`tidemark load` 读取的小鹅通店铺。",
      .options = table,
  };
  return group;
}

}  // namespace tidemark::load::xiaoe
