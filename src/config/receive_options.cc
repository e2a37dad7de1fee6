#include <array>

#include "config/option_tables.h"

namespace tidemark::config {

std::span<const Option> receive_options() {
  using enum OptionType;
  static constexpr std::array table = {
      Option{.key = "receive.listen",
             .type = text,
             .fallback = "127.0.0.1:8001",
             .example = "10.0.0.5:8001",
             .en = "Address and port; a port of 0 takes any free one",
             .zh = "监听的地址和端口；端口 0 表示任选一个空闲端口"},
      Option{.key = "receive.path",
             .type = text_list,
             .fallback = "/api/v1/webhooks/l1-synced",
             .example = "/api/v1/webhooks/l1-synced,/hooks/invoices",
             .en = "Paths at which deliveries are taken",
             .zh = "接收推送的路径"},
      Option{.key = "receive.secret",
             .type = text_list,
             .example = "${file:/run/secrets/webhook_secret}",
             .secret = true,
             .en = "Secrets of the subscription; while one is being replaced, the new and the old",
             .zh = "订阅的密钥；更换期间同时填写新旧两个"},
      Option{
          .key = "receive.styles",
          .type = text_list,
          .fallback = "standard,raw,sorted-json",
          .example = "standard",
          .en = "Signatures that are accepted: standard (Standard Webhooks), raw, sorted-json "
                "(X-Signature)",
          .zh = "接受的签名方式：standard（Standard Webhooks）、raw、sorted-json（X-Signature）"},
      Option{.key = "receive.tolerance",
             .type = duration,
             .fallback = "300s",
             .example = "60s",
             .range = "1s..1d",
             .en = "How far the time of a request may be from this machine's clock",
             .zh = "请求时间与本机时钟允许的偏差"},
      Option{.key = "receive.database",
             .type = url,
             .example = "mysql://tax@db.example.com/tax",
             .en = "Database for what is received; empty means the SQLite file receive.db in "
                   "${XDG_STATE_HOME:-~/.local/state}/tidemark",
             .zh = "存放接收数据的数据库；留空则使用 ${XDG_STATE_HOME:-~/.local/state}/tidemark "
                   "中的 SQLite 文件 receive.db"},
      Option{.key = "receive.database_password",
             .type = text,
             .example = "${file:/run/secrets/tax_password}",
             .secret = true,
             .en = "Its password, if the URL has none",
             .zh = "该数据库的密码（URL 中没有密码时使用）"},
      Option{.key = "receive.body_max",
             .type = bytes,
             .fallback = "16MiB",
             .example = "2MiB",
             .range = "1KiB..1GiB",
             .en = "Longest body of a request; a batch has up to 100 events",
             .zh = "请求正文的最大长度；一个批次最多含 100 个事件"},
      Option{.key = "receive.keep_ids",
             .type = duration,
             .fallback = "90d",
             .example = "30d",
             .range = "1d..3650d",
             .en = "How long the ids of events are kept to recognise repeats",
             .zh = "为识别重复推送而保留事件编号的时间"},
      Option{.key = "receive.hub",
             .type = text,
             .example = "https://hub.example.com",
             .en = "The hub, to ask for events that did not come; empty: gaps are only reported. "
                   "Its token is TIDEMARK_TOKEN",
             .zh = "中台地址，用于补取未收到的事件；留空则只报告缺口。令牌取自 TIDEMARK_TOKEN"},
      Option{.key = "receive.hub_ca",
             .type = text,
             .example = "/etc/tidemark/hub-ca.pem",
             .en = "Certificates (PEM) of the authority that signed the hub's; empty means the "
                   "system's",
             .zh = "签发中台证书的机构证书（PEM）；留空则使用系统证书"},
      Option{.key = "receive.subscription",
             .type = text,
             .example = "sub_01JHZK7T0V8Q6W3E5R2Y9A4B1C",
             .en = "The subscription whose numbers are followed; empty: all that requests name",
             .zh = "跟踪其序号的订阅；留空则跟踪请求中出现的所有订阅"},
      Option{.key = "receive.gap_grace",
             .type = duration,
             .fallback = "10s",
             .example = "1m",
             .range = "100ms..1d",
             .en = "How long a number may be missing before the hub is asked; retries reorder",
             .zh = "序号缺失多久后才向中台补取；重试会打乱顺序"},
  };
  return table;
}

}  // namespace tidemark::config
