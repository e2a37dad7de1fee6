#include "redis/url.h"

#include <fmt/format.h>

#include <charconv>

namespace tidemark::redis {
namespace {

constexpr std::string_view tcp_scheme = "redis://";
constexpr std::string_view tls_scheme = "rediss://";
constexpr std::string_view socket_scheme = "unix://";
constexpr int database_max = 1'000'000;
constexpr int port_max = 65'535;

std::unexpected<Error> wrong(Text<> reason) {
  return fail(make_error(ErrorKind::invalid_config, reason)
                  .within({"a URL of Redis", "Redis 的 URL"})
                  .with_hint({"redis://:password@host:6379/0, rediss:// for TLS, or "
                              "unix:///path/to/redis.sock",
                              "redis://:密码@主机:6379/0，加密用 rediss://，或 "
                              "unix:///path/to/redis.sock"}));
}

int digit_of(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

/// nullopt for a `%` without two digits, and for NUL.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = digit_of(text[i + 1]);
    const int low = digit_of(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::optional<int> number_in(std::string_view text, int low, int high) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number < low || number > high) return std::nullopt;
  return number;
}

/// Takes `user:password@` off the front. The password may hold a bare `@`.
Result<void> take_login(std::string_view& rest, Url& url) {
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view login = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const std::size_t colon = login.find(':');
  const auto user = percent_decoded(login.substr(0, colon));
  if (!user) return wrong({"the user has a wrong percent sign", "用户名中的百分号编码有误"});
  url.user = *user;
  if (colon == std::string_view::npos) return {};
  const auto password = percent_decoded(login.substr(colon + 1));
  if (!password) return wrong({"the password has a wrong percent sign", "密码中的百分号编码有误"});
  url.password = *password;
  return {};
}

Result<void> take_database(std::string_view text, Url& url) {
  const auto number = number_in(text, 0, database_max);
  if (!number) return wrong({"the database must be a number", "数据库必须是数字"});
  url.database = *number;
  return {};
}

Result<Url> parse_tcp(std::string_view rest) {
  Url url;
  if (Result<void> login = take_login(rest, url); !login) return fail(std::move(login).error());
  const std::size_t slash = rest.find('/');
  std::string_view place = rest.substr(0, slash);
  if (slash != std::string_view::npos && slash + 1 < rest.size())
    if (Result<void> taken = take_database(rest.substr(slash + 1), url); !taken)
      return fail(std::move(taken).error());
  std::size_t host_end = place.rfind(':');
  if (place.starts_with('[')) {
    const std::size_t close = place.find(']');
    if (close == std::string_view::npos)
      return wrong({"the bracket of the host does not end", "主机名的方括号没有闭合"});
    url.host = place.substr(1, close - 1);
    place.remove_prefix(close + 1);
    if (!place.empty() && place.front() != ':')
      return wrong({"after the host comes a port", "主机之后应为端口"});
    host_end = place.empty() ? std::string_view::npos : 0;
  } else {
    url.host = place.substr(0, host_end);
  }
  if (url.host.empty()) return wrong({"the host is missing", "缺少主机"});
  if (host_end == std::string_view::npos) return url;
  const auto port = number_in(place.substr(host_end + 1), 1, port_max);
  if (!port) return wrong({"the port must be a number from 1 to 65535", "端口必须是 1 到 65535"});
  url.port = *port;
  return url;
}

Result<Url> parse_socket(std::string_view rest) {
  Url url;
  std::string_view options;
  if (const std::size_t question = rest.find('?'); question != std::string_view::npos) {
    options = rest.substr(question + 1);
    rest = rest.substr(0, question);
  }
  if (Result<void> login = take_login(rest, url); !login) return fail(std::move(login).error());
  const auto path = percent_decoded(rest);
  if (!path || !path->starts_with('/'))
    return wrong({"the socket's path must begin with a slash", "套接字路径必须以斜杠开头"});
  url.socket = *path;
  if (options.empty()) return url;
  if (!options.starts_with("db=")) return wrong({"only ?db=N is known", "只支持 ?db=N"});
  if (Result<void> taken = take_database(options.substr(3), url); !taken)
    return fail(std::move(taken).error());
  return url;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (text.starts_with(tcp_scheme)) return parse_tcp(text.substr(tcp_scheme.size()));
  if (text.starts_with(socket_scheme)) return parse_socket(text.substr(socket_scheme.size()));
  if (text.starts_with(tls_scheme)) {
    Result<Url> url = parse_tcp(text.substr(tls_scheme.size()));
    if (url) url->tls = true;
    return url;
  }
  return wrong({"it begins with redis://, rediss:// or unix://",
                "应以 redis://、rediss:// 或 unix:// 开头"});
}

std::string Url::redacted() const {
  const std::string login =
      user.empty() && !password ? "" : fmt::format("{}{}@", user, password ? ":***" : "");
  if (host.empty())
    return fmt::format("{}{}{}{}", socket_scheme, login, socket,
                       database == 0 ? "" : fmt::format("?db={}", database));
  const bool six = host.contains(':');
  return fmt::format("{}{}{}{}{}:{}/{}", tls ? tls_scheme : tcp_scheme, login, six ? "[" : "", host,
                     six ? "]" : "", port, database);
}

}  // namespace tidemark::redis
