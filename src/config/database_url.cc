#include "config/database_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace tidemark::config {
namespace {

/// Everything after `scheme://`, or all of it if there is no scheme; empty for `sqlite:PATH`.
std::string_view after_scheme(std::string_view url) {
  if (url.starts_with("sqlite:")) return {};
  const std::size_t scheme = url.find("://");
  return scheme == std::string_view::npos ? url : url.substr(scheme + 3);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// `host:3306/db`: nothing between the colon and the path but a port.
bool is_port(std::string_view text) {
  text = text.substr(0, text.find_first_of("/?#"));
  return std::ranges::all_of(text, is_digit);
}

}  // namespace

bool is_database_url(std::string_view text) {
  static constexpr std::array<std::string_view, 5> beginnings = {
      "sqlite:", "mysql://", "mariadb://", "postgres://", "postgresql://"};
  return std::ranges::any_of(beginnings, [&](std::string_view beginning) {
    return text.size() > beginning.size() && text.starts_with(beginning);
  });
}

bool is_redis_url(std::string_view text) {
  return text.starts_with("redis://") || text.starts_with("rediss://") ||
         text.starts_with("unix://");
}

bool has_password(std::string_view url) {
  const std::string_view rest = after_scheme(url);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t at = authority.rfind('@');
  return at != std::string_view::npos && authority.substr(0, at).contains(':');
}

std::string redacted_url(std::string_view url) {
  const std::string_view rest = after_scheme(url);
  const std::size_t start = url.size() - rest.size();
  const std::size_t at = rest.rfind('@');
  std::size_t colon = std::string_view::npos;
  if (at != std::string_view::npos) {
    colon = rest.substr(0, at).find(':');
  } else if (!rest.starts_with('[')) {
    colon = rest.find(':');
    if (colon != std::string_view::npos && is_port(rest.substr(colon + 1)))
      colon = std::string_view::npos;
  }
  if (colon == std::string_view::npos) return printable(url, 400);
  const std::string_view tail = at == std::string_view::npos ? std::string_view{} : rest.substr(at);
  return printable(fmt::format("{}***{}", url.substr(0, start + colon + 1), tail), 400);
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view{"-._~"}.contains(c);
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace tidemark::config
