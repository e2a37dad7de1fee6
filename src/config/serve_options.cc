#include <array>

#include "config/option_tables.h"

namespace tidemark::config {

std::span<const Option> serve_options() {
  using enum OptionType;
  static constexpr std::array table = {
      Option{.key = "serve.listen",
             .type = text,
             .fallback = "127.0.0.1:8000",
             .example = "[::1]:9000",
             .en = "Address and port that `tidemark serve` listens on; `*:8000` means every "
                   "address of this machine",
             .zh = "`tidemark serve` 监听的地址和端口；`*:8000` 表示本机所有地址"},
      Option{.key = "serve.threads",
             .type = integer,
             .fallback = "2",
             .example = "4",
             .range = "1..64",
             .en = "Threads that read requests and write answers",
             .zh = "处理 HTTP 请求的线程数"},
      Option{.key = "serve.connections_max",
             .type = integer,
             .fallback = "4096",
             .example = "1000",
             .range = "1..100000",
             .en = "Clients that may be connected at the same time",
             .zh = "同时连接的客户端上限"},
      Option{.key = "serve.body_max",
             .type = bytes,
             .fallback = "1MiB",
             .example = "4MiB",
             .range = "1KiB..64MiB",
             .en = "Largest body of a request; a batch of vouchers may have 16 MiB",
             .zh = "单个请求体的最大长度；批量凭证可到 16 MiB"},
      Option{.key = "serve.stop_timeout",
             .type = duration,
             .fallback = "10s",
             .example = "30s",
             .range = "0s..10m",
             .en = "How long requests and deliveries under way are waited for when it is stopped",
             .zh = "停止时等待正在处理的请求和投递的最长时间"},
  };
  return table;
}

}  // namespace tidemark::config
