#include "alert/robot.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/bytes.h"
#include "base/json_text.h"
#include "http/address_policy.h"
#include "http/endpoint_url.h"
#include "http/hmac.h"
#include "http/query_encoding.h"

namespace tidemark::alert {
namespace {

using nlohmann::json;

constexpr std::size_t shown_bytes = 300;
constexpr std::size_t template_bytes_max = 16'384;
constexpr std::string_view usual_body = R"({"title":"{title}","text":"{text}"})";

/// DingTalk is silent for ten minutes once a robot was too quick.
constexpr std::chrono::seconds dingtalk_punishment{600};
constexpr std::chrono::seconds minute{60};

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The JSON text without its quotes.
std::string escaped(std::string_view text) {
  std::string quoted;
  append_json_text(quoted, text, {.replace_invalid = true, .short_line_feed = true});
  return quoted.substr(1, quoted.size() - 2);
}

template <class Encode>
std::string filled(std::string_view pattern, const Digest& digest, Encode encode) {
  std::string text;
  while (!pattern.empty()) {
    if (pattern.starts_with("{title}")) {
      text += encode(digest.title);
      pattern.remove_prefix(7);
    } else if (pattern.starts_with("{text}")) {
      text += encode(digest.text);
      pattern.remove_prefix(6);
    } else {
      text += pattern.front();
      pattern.remove_prefix(1);
    }
  }
  return text;
}

std::string with_keyword(const RobotOptions& options, const std::string& text) {
  if (options.keyword.empty() || text.contains(options.keyword)) return text;
  return options.keyword + "\n" + text;
}

std::string milliseconds(WallTime time) {
  return fmt::format(
      "{}", std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
}

std::string seconds(WallTime time) {
  return fmt::format("{}",
                     std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

std::chrono::seconds wait_after(RobotKind kind, std::int64_t code) {
  if (kind == RobotKind::dingtalk && (code == 130'101 || code == 410'100))
    return dingtalk_punishment;
  if (kind == RobotKind::wecom && code == 45'009) return minute;
  if (kind == RobotKind::feishu && code == 11'232) return minute;
  return std::chrono::seconds{0};
}

std::optional<std::int64_t> number_of(const json& answer, const char* member) {
  const auto found = answer.find(member);
  if (found == answer.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

std::string text_of(const json& answer, const char* member) {
  const auto found = answer.find(member);
  return found != answer.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string dingtalk_signature(std::string_view secret, std::string_view timestamp) {
  return http::mac_base64(http::hmac_sha256(secret, fmt::format("{}\n{}", timestamp, secret)));
}

std::string feishu_signature(std::string_view secret, std::string_view timestamp) {
  return http::mac_base64(http::hmac_sha256(fmt::format("{}\n{}", timestamp, secret), ""));
}

RobotRequest robot_request(const RobotOptions& options, const Digest& digest, WallTime now) {
  RobotRequest request{.url = options.url, .body = {}};
  const std::string text = with_keyword(options, digest.text);
  switch (options.kind) {
    case RobotKind::dingtalk:
      if (!options.secret.empty()) {
        const std::string timestamp = milliseconds(now);
        request.url +=
            fmt::format("{}timestamp={}&sign={}", options.url.contains('?') ? '&' : '?', timestamp,
                        http::query_encoded(dingtalk_signature(options.secret, timestamp)));
      }
      request.body = dump({{"msgtype", "text"}, {"text", {{"content", text}}}});
      break;
    case RobotKind::wecom:
      request.body = dump({{"msgtype", "text"}, {"text", {{"content", text}}}});
      break;
    case RobotKind::feishu: {
      json body{{"msg_type", "text"}, {"content", {{"text", text}}}};
      if (!options.secret.empty()) {
        const std::string timestamp = seconds(now);
        body["timestamp"] = timestamp;
        body["sign"] = feishu_signature(options.secret, timestamp);
      }
      request.body = dump(body);
      break;
    }
    case RobotKind::gateway:
      request.url = filled(options.url, digest, http::query_encoded);
      request.body = filled(options.body.empty() ? usual_body : std::string_view(options.body),
                            digest, escaped);
      request.authorization = options.authorization;
      break;
  }
  return request;
}

std::expected<void, SendFault> robot_verdict(const RobotOptions& options, int status,
                                             std::string_view body) {
  const auto refused = [](std::string what, std::chrono::seconds wait = {}) {
    return std::unexpected(SendFault{.what = std::move(what), .wait = wait});
  };
  const std::string shown = printable(body, shown_bytes);
  if (options.kind == RobotKind::gateway) {
    if (status < 200 || status >= 300) return refused(fmt::format("HTTP {}: {}", status, shown));
    if (!options.expect.empty() && !body.contains(options.expect))
      return refused(fmt::format("the answer lacks what is expected of a success: {}", shown));
    return {};
  }
  const json answer = json::parse(body, nullptr, false);
  const bool feishu = options.kind == RobotKind::feishu;
  std::optional<std::int64_t> code;
  if (answer.is_object()) {
    code = number_of(answer, feishu ? "code" : "errcode");
    if (!code && feishu) code = number_of(answer, "StatusCode");
  }
  // Also the gateway in front of DingTalk, which answers {"status":1111,"punish":"deny",…}.
  if (!code) return refused(fmt::format("HTTP {} without a code: {}", status, shown));
  if (*code == 0) return {};
  const std::string words = text_of(answer, feishu ? "msg" : "errmsg");
  return refused(
      fmt::format("{} {}: {}", feishu ? "code" : "errcode", *code, printable(words, shown_bytes)),
      wait_after(options.kind, *code));
}

Result<void> check_robot(const RobotOptions& options) {
  // Whoever writes the configuration may reach every address: gateways are often inside.
  const auto everywhere = http::AddressPolicy::allowing({"0.0.0.0/0", "::/0"});
  if (!everywhere) return fail(everywhere.error());
  const RobotRequest trial = robot_request(options, {.title = "title", .text = "text"}, WallTime{});
  const auto url = http::check_endpoint_url(trial.url, *everywhere);
  if (!url) return fail(Error(url.error()).within({"webhook", "webhook"}));
  if (options.kind != RobotKind::gateway) return {};
  if (options.body.size() > template_bytes_max)
    return fail(ErrorKind::invalid_config, {"body: longer than {} bytes", "body：超过 {} 字节"},
                template_bytes_max);
  if (options.body.empty()) return {};
  if (json::parse(trial.body, nullptr, false).is_discarded())
    return fail(make_error(ErrorKind::invalid_config, {"body: is no JSON", "body：不是 JSON"})
                    .with_hint({R"(for example: {{"phone": "13800000000", "text": "{{text}}"}})",
                                R"(例如：{{"phone": "13800000000", "text": "{{text}}"}})"}));
  if (!options.url.contains("{text}") && !options.url.contains("{title}") &&
      !options.body.contains("{text}") && !options.body.contains("{title}"))
    return fail(ErrorKind::invalid_config,
                {"body: neither it nor the URL has {{title}} or {{text}}: the message would say "
                 "nothing",
                 "body：body 与 URL 中都没有 {{title}} 或 {{text}}，消息将没有内容"});
  return {};
}

}  // namespace tidemark::alert
