#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "alert/channel.h"
#include "alert/digest.h"
#include "base/clock.h"
#include "base/result.h"

namespace tidemark::alert {

/// The group robots of China's chat programs, and gateways that speak HTTP: what is sent, and what
/// an answer means. Pure functions; sent by HttpChannel.
enum class RobotKind { dingtalk, wecom, feishu, gateway };

struct RobotOptions {
  RobotKind kind = RobotKind::gateway;
  std::string url{};      ///< As the robot's page shows it, with its token or key: a secret.
  std::string secret{};   ///< dingtalk, feishu: of the signature; empty: unsigned.
  std::string keyword{};  ///< dingtalk, feishu: must stand in each message; put in front if needed.
  // gateway
  /// JSON with `{title}` and `{text}` inside of its texts; empty: an object of both.
  std::string body{};
  std::string authorization{};  ///< The header of that name; a secret. Empty: none.
  std::string expect{};  ///< Must stand in an answer that means success; empty: 2xx is enough.
};

struct RobotRequest {
  std::string url;
  std::string body;
  std::string authorization{};
};

/// Errors are our own mistakes: what is configured was checked by check_robot().
[[nodiscard]] RobotRequest robot_request(const RobotOptions& options, const Digest& digest,
                                         WallTime now);

/// Did it take the message? DingTalk and WeCom answer `errcode`, Feishu `code`, 0 for success; an
/// answer without it is a failure, whatever its status.
[[nodiscard]] std::expected<void, SendFault> robot_verdict(const RobotOptions& options, int status,
                                                           std::string_view body);

/// Errors: invalid_config, naming what is wrong (`webhook`, `body`).
[[nodiscard]] Result<void> check_robot(const RobotOptions& options);

/// base64(HMAC-SHA256(secret, "timestamp\nsecret")), `timestamp` in milliseconds.
[[nodiscard]] std::string dingtalk_signature(std::string_view secret, std::string_view timestamp);
/// base64(HMAC-SHA256("timestamp\nsecret", "")), `timestamp` in seconds.
[[nodiscard]] std::string feishu_signature(std::string_view secret, std::string_view timestamp);

}  // namespace tidemark::alert
