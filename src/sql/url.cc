#include "sql/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "base/nearest.h"

namespace tidemark::sql {
namespace {

// No error here repeats what stands before the path of a server's URL: a password with a bare `/`
// or `@` makes any part of it look like a host or a port.

constexpr std::array<std::string_view, 4> known_options = {"socket", "tls", "tls_ca",
                                                           "connect_timeout"};
constexpr std::array<std::string_view, 4> tls_modes = {"off", "prefer", "require", "verify"};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// nullopt for a `%` without two hexadecimal digits, and for a NUL, which no client library could
/// pass on.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (decoded.back() == '\0') return std::nullopt;
  }
  return decoded;
}

std::unexpected<Error> bad_encoding(std::string_view part_en, std::string_view part_zh) {
  return fail(make_error(ErrorKind::invalid_config,
                         {"the database URL's {} is not percent-encoded correctly",
                          "数据库 URL 的{1}百分号编码有误"},
                         part_en, part_zh)
                  .with_hint({"write a literal % as %25", "百分号本身请写作 %25"}));
}

std::unexpected<Error> no_scheme() {
  return fail(
      make_error(ErrorKind::invalid_config, {"this is not a database URL", "这不是数据库 URL"})
          .with_hint({"write sqlite:PATH, mysql://user@host:3306/db or "
                      "postgres://user@host:5432/db",
                      "请写作 sqlite:路径、mysql://user@host:3306/db 或 "
                      "postgres://user@host:5432/db"}));
}

std::unexpected<Error> unknown_scheme(std::string_view scheme) {
  static constexpr std::array<std::string_view, 5> schemes = {"sqlite", "mysql", "mariadb",
                                                              "postgres", "postgresql"};
  Error error = make_error(ErrorKind::invalid_config,
                           {"unknown kind of database: {}", "未知的数据库类型：{}"}, scheme);
  const std::string_view meant = nearest(scheme, schemes);
  if (meant.empty()) {
    return fail(std::move(error).with_hint(
        {"known are sqlite, mysql, mariadb, postgres", "支持 sqlite、mysql、mariadb、postgres"}));
  }
  return fail(std::move(error).with_hint({"did you mean {}?", "是否想写 {}？"}, meant));
}

std::unexpected<Error> misplaced_character(std::string_view what_en, std::string_view what_zh) {
  return fail(make_error(ErrorKind::invalid_config,
                         {"the database URL's {} is wrong", "数据库 URL 的{1}有误"}, what_en,
                         what_zh)
                  .with_hint({"in a user name or password write @ as %40, : as %3A, / as %2F, "
                              "? as %3F, # as %23 and % as %25",
                              "用户名或密码中的特殊字符请转义：@ 写作 %40，: 写作 %3A，/ 写作 "
                              "%2F，? 写作 %3F，# 写作 %23，% 写作 %25"}));
}

/// `250ms`, `10s`, `2m`; at most an hour.
std::optional<std::chrono::milliseconds> short_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count <= 0 || count > 3'600'000) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const std::int64_t scale = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : 0;
  const std::chrono::milliseconds duration{count * scale};
  if (scale == 0 || duration > std::chrono::hours{1}) return std::nullopt;
  return duration;
}

Result<void> check_option(const std::string& key, const std::string& value) {
  if (std::ranges::find(known_options, key) == known_options.end()) {
    Error error =
        make_error(ErrorKind::invalid_config,
                   {"unknown option in the database URL: {}", "数据库 URL 中有未知选项：{}"}, key);
    const std::string_view meant = nearest(key, known_options);
    if (!meant.empty()) {
      return fail(std::move(error).with_hint({"did you mean {}?", "是否想写 {}？"}, meant));
    }
    return fail(std::move(error).with_hint({"known are {}", "可用选项：{}"},
                                           fmt::join(known_options, ", ")));
  }
  if (value.empty()) {
    return fail(ErrorKind::invalid_config,
                {"the database URL's option {} has no value", "数据库 URL 的选项 {} 没有值"}, key);
  }
  if (key == "tls" && std::ranges::find(tls_modes, value) == tls_modes.end()) {
    return fail(ErrorKind::invalid_config,
                {"the database URL's option tls must be one of {}, not {}",
                 "数据库 URL 的选项 tls 只能是 {}，不能是 {}"},
                fmt::join(tls_modes, ", "), value);
  }
  if (key == "connect_timeout" && !short_duration(value)) {
    return fail(ErrorKind::invalid_config,
                {"the database URL's option connect_timeout must be like 10s (at most 1h), not {}",
                 "数据库 URL 的选项 connect_timeout 应类似 10s（不超过 1 小时），不能是 {}"},
                value);
  }
  return {};
}

Result<void> read_options(std::string_view text, Url& url) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto key = percent_decoded(pair.substr(0, equals));
    const auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!key || !value) return bad_encoding("option", "选项");
    if (Result<void> known = check_option(*key, *value); !known) return known;
    if (!url.options.emplace(*key, *value).second) {
      return fail(ErrorKind::invalid_config,
                  {"the database URL's option {} is given twice", "数据库 URL 的选项 {} 重复"},
                  *key);
    }
  }
  return {};
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

Result<void> read_host(std::string_view text, Url& url) {
  std::string_view host;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return misplaced_character("host", "主机名");
    host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (host.empty() || host.find_first_not_of("0123456789abcdefABCDEF:.%") != host.npos) {
      return misplaced_character("host", "主机名");
    }
  } else {
    host = text.substr(0, text.find(':'));
    text.remove_prefix(host.size());
    if (!std::ranges::all_of(host, is_host_character)) {
      return misplaced_character("host", "主机名");
    }
  }
  url.host = host;
  if (text.empty()) return {};
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), url.port);
  if (text.front() != ':' || error != std::errc{} || end != text.data() + text.size() ||
      url.port < 1 || url.port > 65535) {
    return misplaced_character("port", "端口");
  }
  return {};
}

Result<void> read_user(std::string_view text, Url& url) {
  const std::size_t colon = text.find(':');
  const auto user = percent_decoded(text.substr(0, colon));
  if (!user) return bad_encoding("user name", "用户名");
  url.user = *user;
  if (colon == std::string_view::npos) return {};
  url.password = percent_decoded(text.substr(colon + 1));
  if (!url.password) return bad_encoding("password", "密码");
  return {};
}

Result<Url> parse_server(std::string_view text, Url url) {
  const std::size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, authority_end);
  std::string_view rest = text.substr(authority_end);
  if (rest.find_first_of("@#") != std::string_view::npos) {
    return misplaced_character("user name or password", "用户名或密码");
  }
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    if (Result<void> user = read_user(authority.substr(0, at), url); !user) {
      return fail(std::move(user).error());
    }
  }
  const std::string_view host = authority.substr(at == std::string_view::npos ? 0 : at + 1);
  if (Result<void> read = read_host(host, url); !read) return fail(std::move(read).error());

  const std::size_t question = std::min(rest.find('?'), rest.size());
  const auto database = percent_decoded(rest.substr(0, question));
  rest.remove_prefix(std::min(question + 1, rest.size()));
  if (!database) return bad_encoding("database name", "数据库名");
  if (database->size() < 2) {
    return fail(make_error(ErrorKind::invalid_config,
                           {"the database URL names no database", "数据库 URL 没有写数据库名"})
                    .with_hint({"write {0}://user@host/NAME", "请写作 {0}://user@host/库名"},
                               name(url.dialect)));
  }
  url.database = database->substr(1);
  if (Result<void> read = read_options(rest, url); !read) return fail(std::move(read).error());
  return url;
}

Result<Url> parse_sqlite(std::string_view path) {
  if (path.starts_with("///")) {
    path.remove_prefix(2);
  } else if (path.starts_with("//")) {
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"sqlite://{} could mean two files", "sqlite://{} 含义不明"}, path.substr(2))
            .with_hint({"write sqlite:{0} or sqlite:/{0}", "请写作 sqlite:{0} 或 sqlite:/{0}"},
                       path.substr(2)));
  }
  if (path.empty() || path.find('\0') != std::string_view::npos) {
    return fail(make_error(ErrorKind::invalid_config,
                           {"the database URL names no file", "数据库 URL 没有写文件路径"})
                    .with_hint({"write sqlite:PATH", "请写作 sqlite:路径"}));
  }
  Url url;
  url.path = path;
  return url;
}

/// Host and port for people; a host of IPv6 gets its brackets back.
std::string place(const Url& url, int port) {
  std::string text = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  if (port != 0) text += fmt::format(":{}", port);
  return text;
}

}  // namespace

std::string_view name(Dialect dialect) {
  switch (dialect) {
    case Dialect::sqlite:
      return "sqlite";
    case Dialect::mysql:
      return "mysql";
    case Dialect::postgres:
      return "postgres";
  }
  return "unknown";
}

Result<Url> Url::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return no_scheme();
  const std::string_view scheme = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);
  if (scheme == "sqlite") return parse_sqlite(rest);
  if (!rest.starts_with("//")) return no_scheme();
  rest.remove_prefix(2);
  Url url;
  if (scheme == "mysql" || scheme == "mariadb") {
    url.dialect = Dialect::mysql;
  } else if (scheme == "postgres" || scheme == "postgresql") {
    url.dialect = Dialect::postgres;
  } else if (scheme.size() <= 32 && std::ranges::all_of(scheme, is_host_character)) {
    return unknown_scheme(scheme);
  } else {
    return no_scheme();
  }
  return parse_server(rest, std::move(url));
}

std::string Url::redacted() const {
  if (dialect == Dialect::sqlite) return "sqlite:" + path;
  std::string text = fmt::format("{}://{}", name(dialect), user);
  if (password) text += ":***";
  if (!user.empty() || password) text += "@";
  text += place(*this, port) + "/" + database;
  char separator = '?';
  for (const auto& [key, value] : options) {
    text += fmt::format("{}{}={}", separator, key, value);
    separator = '&';
  }
  return text;
}

std::string Url::identity() const {
  if (dialect == Dialect::sqlite) {
    if (path == ":memory:") return "sqlite::memory:";
    std::error_code ignored;  // A path that cannot be resolved stands for itself.
    const std::filesystem::path whole = std::filesystem::weakly_canonical(path, ignored);
    return "sqlite:" + (ignored ? path : whole.string());
  }
  if (const auto socket = options.find("socket"); socket != options.end()) {
    return fmt::format("{}://{}/{}", name(dialect), socket->second, database);
  }
  const int default_port = dialect == Dialect::mysql ? 3306 : 5432;
  return fmt::format("{}://{}/{}", name(dialect), place(*this, port == 0 ? default_port : port),
                     database);
}

std::chrono::milliseconds Url::connect_timeout(std::chrono::milliseconds fallback) const {
  const auto given = options.find("connect_timeout");
  return given == options.end() ? fallback : short_duration(given->second).value_or(fallback);
}

std::string Url::option(std::string_view key, std::string_view fallback) const {
  const auto given = options.find(std::string(key));
  return given == options.end() ? std::string(fallback) : given->second;
}

}  // namespace tidemark::sql
