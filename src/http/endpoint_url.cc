#include "http/endpoint_url.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "http/curl_url.h"
#include "http/headers.h"
#include "http/special_address.h"

namespace tidemark::http {
namespace {

/// Ports where an HTTP request could be taken for a command of another protocol: mail, shells,
/// databases, name services (after the WHATWG list of bad ports).
constexpr std::array<std::uint16_t, 33> foreign_ports = {
    1,  7,   9,   11,  13,  15,  17,  19,  20,  21,  22,  23,  25,  37,  43,  53,  69,
    79, 110, 111, 119, 123, 135, 139, 143, 161, 179, 389, 465, 587, 993, 995, 6379};

[[nodiscard]] std::unexpected<Error> refuse(Message what) {
  return std::unexpected(Error{.kind = ErrorKind::invalid_config, .what = std::move(what)});
}

[[nodiscard]] bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && c != '\\';
}

[[nodiscard]] bool is_localhost(std::string_view host) {
  while (host.ends_with('.')) host.remove_suffix(1);
  constexpr std::string_view name = "localhost";
  if (host.size() < name.size() || !equal_fold(host.substr(host.size() - name.size()), name))
    return false;
  return host.size() == name.size() || host[host.size() - name.size() - 1] == '.';
}

/// The address that a host stands for without asking anyone.
[[nodiscard]] std::optional<IpAddress> address_of(std::string_view host) {
  while (host.ends_with('.')) host.remove_suffix(1);
  if (is_localhost(host)) return IpAddress::parse("127.0.0.1");
  return IpAddress::parse(host);
}

}  // namespace

Result<EndpointUrl> check_endpoint_url(std::string_view url, const AddressPolicy& policy) {
  if (url.size() > endpoint_url_bytes_max)
    return refuse(
        say({"the URL is longer than {} bytes", "URL 超过 {} 字节"}, endpoint_url_bytes_max));
  const std::size_t scheme_end = std::min(url.find("://"), url.size());
  const bool tls = equal_fold(url.substr(0, scheme_end), "https");
  if (!tls && !equal_fold(url.substr(0, scheme_end), "http"))
    return refuse(say(
        {"the URL must begin with http:// or https://", "URL 必须以 http:// 或 https:// 开头"}));
  if (!std::ranges::all_of(url, is_plain))
    return refuse(say({"the URL has a blank, a backslash or a control character",
                       "URL 含有空白、反斜杠或控制字符"}));
  const CurlUrl parsed(::curl_url());
  const std::string terminated(url);
  const CURLUcode code =
      ::curl_url_set(parsed.get(), CURLUPART_URL, terminated.c_str(), CURLU_DISALLOW_USER);
  if (code == CURLUE_USER_NOT_ALLOWED)
    return refuse(say({"the URL must not have a user or password: it would show up in logs",
                       "URL 中不得含用户名或密码：它们会出现在日志里"}));
  if (code != CURLUE_OK)
    return refuse(
        say({"the URL cannot be read: {}", "无法解析 URL：{}"}, ::curl_url_strerror(code)));
  std::string host = part_of(parsed.get(), CURLUPART_HOST);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return refuse(say({"the URL has no host", "URL 缺少主机名"}));
  if (!part_of(parsed.get(), CURLUPART_ZONEID).empty() || url.contains('#'))
    return refuse(say({"the URL must not have a zone or a fragment", "URL 不得含区域标识或片段"}));
  const std::string digits = part_of(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  std::uint16_t port = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (port == 0 || std::ranges::find(foreign_ports, port) != foreign_ports.end())
    return refuse(say({"port {} is not one for HTTP", "端口 {} 不能用于 HTTP"}, digits));
  if (const auto address = address_of(host)) {
    const SpecialAddress* special = special_address(*address);
    if (special != nullptr && policy.refusal(*address))
      return refuse(say({"{0} may not be connected to ({1})", "不允许连接 {0}（{2}）"},
                        printable(host), special->en, special->zh));
  }
  return EndpointUrl{.tls = tls, .host = std::move(host), .port = port};
}

}  // namespace tidemark::http
