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
             .range = "10ms..1m",
             .en = "How often a database that several hubs share is looked at for what others "
                   "published",
             .zh = "多个 hub 共用数据库时，检查其他 hub 新发布内容的间隔"},
  };
  return table;
}

}  // namespace tidemark::config
