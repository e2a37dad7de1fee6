#include "http/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/bytes.h"
#include "base/parse_integer.h"

namespace tidemark::http {
namespace {

[[nodiscard]] bool is_address(int family, const std::string& host) {
  in6_addr space{};  // Large enough for either family.
  return ::inet_pton(family, host.c_str(), &space) == 1;
}

[[nodiscard]] bool is_host(std::string_view written, const std::string& host) {
  if (written.starts_with('[')) return is_address(AF_INET6, host);
  return host == "localhost" || host == "*" || is_address(AF_INET, host);
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto port = parse_integer<std::uint16_t>(
      colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!port)
    return fail(make_error(ErrorKind::invalid_config,
                           {"\"{}\" has no port from 0 to 65535", "\"{}\" 缺少 0 到 65535 的端口"},
                           printable(text))
                    .with_hint({"write HOST:PORT, as in 127.0.0.1:8000",
                                "请写成 主机:端口，例如 127.0.0.1:8000"}));
  const std::string_view written = text.substr(0, colon);
  std::string host(written);
  if (written.starts_with('[') && written.ends_with(']'))
    host = written.substr(1, written.size() - 2);
  if (!is_host(written, host))
    return fail(make_error(ErrorKind::invalid_config,
                           {"\"{}\" is not an address to listen on", "\"{}\" 不是可监听的地址"},
                           printable(written))
                    .with_hint({"an IPv4 address, an IPv6 address in brackets, localhost, or * for "
                                "every address of this machine",
                                "可用 IPv4 地址、带方括号的 IPv6 地址、localhost，或用 * "
                                "表示本机所有地址"}));
  return ListenAddress{.host = std::move(host), .port = *port};
}

std::string ListenAddress::text() const {
  const bool v6 = host.contains(':');
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace tidemark::http
