#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidemark::config {

/// A rule of the alerts: its table `[alert.rules.NAME]`, and the defaults in it.
struct AlertRule {
  std::string_view name;       ///< Its subject and its level: `backlog_warning`.
  std::string_view threshold;  ///< `95%`, `3m`, `50`, `off`.
  std::string_view hold;
  std::string_view en;  ///< When it is on, without the number; a sentence without full stop.
  std::string_view zh;
};

[[nodiscard]] std::span<const AlertRule> alert_rules();

/// `backlog_warning` and `hold` make `alert.rules.backlog_warning.hold`.
[[nodiscard]] std::string alert_rule_key(std::string_view rule, std::string_view name);
/// `dingtalk` and `url` make `alert.channel.dingtalk.url`.
[[nodiscard]] std::string alert_channel_key(std::string_view channel, std::string_view name);

}  // namespace tidemark::config
