#include "alert/mail.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/base64.h"
#include "base/bytes.h"
#include "http/curl_url.h"
#include "http/http_date.h"

namespace tidemark::alert {
namespace {

/// RFC 2045: a line of base64 has at most 76 characters.
constexpr std::size_t line_letters_max = 76;
/// RFC 2047: an encoded word has at most 75 characters; 45 bytes are 60 of them in base64.
constexpr std::size_t word_bytes_max = 45;

/// What may stand in a command of SMTP and in a header without being quoted.
bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.size() <= 254 &&
         std::ranges::all_of(text, [](char c) {
           return c > 0x20 && c < 0x7f && !std::string_view("<>,;:\"\\()[]").contains(c);
         });
}

std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    const std::string_view part = cut_utf8(text, word_bytes_max);
    text.remove_prefix(part.size());
    words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ", base64(part));
  }
  return words;
}

/// The text with CRLF, as base64 in lines.
std::string encoded_body(std::string_view text) {
  std::string lines;
  for (const char letter : text) {
    if (letter == '\n') lines += '\r';
    lines += letter;
  }
  lines += "\r\n";
  const std::string letters = base64(lines);
  std::string body;
  for (std::size_t from = 0; from < letters.size(); from += line_letters_max)
    body += letters.substr(from, line_letters_max) + "\r\n";
  return body;
}

}  // namespace

Result<void> check_mail(const MailOptions& options) {
  const bool implicit = options.url.starts_with("smtps://");
  if (!implicit && !options.url.starts_with("smtp://"))
    return fail(ErrorKind::invalid_config, {"url: must begin with smtps:// or smtp://",
                                            "url：必须以 smtps:// 或 smtp:// 开头"});
  const http::CurlUrl parsed(::curl_url());
  if (::curl_url_set(parsed.get(), CURLUPART_URL, options.url.c_str(), CURLU_DISALLOW_USER) !=
          CURLUE_OK ||
      http::part_of(parsed.get(), CURLUPART_HOST).empty())
    return fail(ErrorKind::invalid_config,
                {"url: must be smtps://HOST:PORT or smtp://HOST:PORT, without user and password",
                 "url：格式为 smtps://主机:端口 或 smtp://主机:端口，不含用户名和密码"});
  if (!is_address(options.from))
    return fail(ErrorKind::invalid_config, {"from: must be one address: alerts@example.com",
                                            "from：必须是一个邮箱地址，如 alerts@example.com"});
  if (options.to.empty() || !std::ranges::all_of(options.to, is_address))
    return fail(ErrorKind::invalid_config,
                {"to: must be one or more addresses", "to：必须是一个或多个邮箱地址"});
  if (!options.password.empty() && !implicit && !options.starttls)
    return fail(ErrorKind::invalid_config,
                {"password: is only sent inside TLS; use smtps:// or starttls = true",
                 "password：只在 TLS 中发送；请使用 smtps:// 或 starttls = true"});
  return {};
}

std::string mail_text(const MailOptions& options, const Digest& digest, WallTime now) {
  const std::string_view domain = std::string_view(options.from).substr(options.from.find('@') + 1);
  return fmt::format(
      "Date: {}\r\nFrom: Tidemark <{}>\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <alert-{}@{}>\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n{}",
      http::http_date(now), options.from, fmt::join(options.to, ",\r\n "),
      encoded_words(digest.title), digest.id, domain, encoded_body(digest.text));
}

}  // namespace tidemark::alert
