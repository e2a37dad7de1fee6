#include <array>

#include "config/option_tables.h"

namespace tidemark::config {

std::span<const Option> relay_options() {
  using enum OptionType;
  static constexpr std::array table = {
      Option{.key = "relay.allow_cidrs",
             .type = text_list,
             .example = "10.0.0.0/8,192.168.1.20/32",
             .en = "Networks that are not public and yet may have subscribers; loopback, private "
                   "and other special addresses are refused unless they stand here",
             .zh = "允许作为订阅方地址的非公网网段；回环、私有等特殊地址不在此列表中一律拒绝"},
      Option{.key = "relay.retention",
             .type = duration,
             .fallback = "90d",
             .example = "365d",
             .range = "0s..36500d",
             .en = "How long finished deliveries and their attempts are kept; 0s means for ever",
             .zh = "已完成的投递及其尝试记录的保留时间；0s 表示永久保留"},
      Option{.key = "relay.failures_max",
             .type = integer,
             .fallback = "10",
             .example = "5",
             .range = "1..1000",
             .en = "Failures in a row after which a subscriber is only probed until it is back",
             .zh = "订阅方连续失败达到此次数后只做探测，直到恢复"},
      Option{.key = "relay.window_max",
             .type = integer,
             .fallback = "1024",
             .example = "4096",
             .range = "16..100000",
             .en = "Deliveries of one subscription that are kept in memory; the rest waits in the "
                   "database",
             .zh = "每个订阅保留在内存中的投递数；其余在数据库中等待"},
      Option{.key = "relay.poll_interval",
             .type = duration,
             .fallback = "100ms",
             .example = "1s",
             .range = "10ms..5s",
             .en = "How often a database that several hubs share is looked at for what others "
                   "published",
             .zh = "多个 hub 共用数据库时，检查其他 hub 新发布内容的间隔"},
      Option{.key = "relay.redis.url",
             .type = redis_url,
             .example = "redis://127.0.0.1:6379/0",
             .en = "A Redis (6.2 or later): its stream is a second way in, and hubs that share a "
                   "state wake each other through it; empty means none",
             .zh = "Redis（6.2 或更高版本）：其 Stream 是第二个入口，共用状态库的多个 hub "
                   "也通过它互相唤醒；留空则不使用"},
      Option{.key = "relay.redis.password",
             .type = text,
             .example = "${REDIS_PASSWORD:-}",
             .secret = true,
             .en = "Its password, if the URL has none",
             .zh = "Redis 密码（URL 中没有密码时使用）"},
      Option{.key = "relay.redis.tls_ca",
             .type = text,
             .example = "/etc/tidemark/redis-ca.pem",
             .en = "PEM file with the authority that signed the certificate of a `rediss://` "
                   "server; empty means the system's authorities",
             .zh = "签发 `rediss://` 服务器证书的 CA 的 PEM 文件；留空则使用系统的 CA"},
      Option{.key = "relay.redis.tls_certificate",
             .type = text,
             .example = "/etc/tidemark/redis-client.pem",
             .en = "PEM file with our own certificate, for a server that asks for one",
             .zh = "本端证书的 PEM 文件，服务器要求客户端证书时使用"},
      Option{.key = "relay.redis.tls_key",
             .type = text,
             .example = "/etc/tidemark/redis-client.key",
             .en = "PEM file with its key, without passphrase",
             .zh = "本端证书私钥的 PEM 文件，不带口令"},
      Option{.key = "relay.redis.stream",
             .type = text,
             .fallback = "tidemark:vouchers",
             .example = "finance:events",
             .en = "The stream that business systems XADD vouchers and events to; empty means that "
                   "none is read",
             .zh = "业务系统用 XADD 写入凭证和事件的 Stream；留空则不读取"},
      Option{.key = "relay.redis.group",
             .type = text,
             .fallback = "tidemark",
             .example = "tidemark-test",
             .en = "The consumer group of all hubs of one state",
             .zh = "消费者组，同一状态库的所有 hub 相同"},
      Option{.key = "relay.redis.consumer",
             .type = text,
             .example = "hub-1",
             .en = "This hub's name in the group, different for each hub; empty means the "
                   "machine's name and `serve.listen`",
             .zh = "本 hub 在组中的消费者名，各 hub 不同；留空则使用主机名加 `serve.listen`"},
      Option{.key = "relay.redis.claim_after",
             .type = duration,
             .fallback = "1m",
             .example = "30s",
             .range = "1s..1d",
             .en = "What another consumer has read and not acknowledged for so long is taken over",
             .zh = "其他消费者读取后超过此时间仍未确认的条目由本 hub 接管"},
      Option{.key = "relay.redis.delete_done",
             .type = boolean,
             .fallback = "false",
             .example = "true",
             .en = "Delete entries from the stream once they are stored; only when nobody else "
                   "reads it",
             .zh = "条目入库后从 Stream 中删除；仅当没有其他读取方时启用"},
      Option{.key = "relay.redis.channel",
             .type = text,
             .fallback = "tidemark:wake",
             .example = "finance:wake",
             .en = "The channel through which hubs that share a state wake each other; empty means "
                   "that they only look at the database",
             .zh = "共用状态库的 hub 互相唤醒所用的频道；留空则只轮询数据库"},
  };
  return table;
}

}  // namespace tidemark::config
