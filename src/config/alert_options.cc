#include "config/alert_options.h"

#include <array>
#include <deque>
#include <vector>

#include "config/option_tables.h"

namespace tidemark::config {
namespace {

constexpr std::array rules = {
    AlertRule{"success_rate_1h_critical", "95%", "1m",
              "The success rate of the last hour is lower: of the deliveries that finished, those "
              "that were delivered",
              "最近 1 小时成功率低于此值（已结束的投递中成功的比例）"},
    AlertRule{"success_rate_1h_warning", "99%", "1m", "The same", "同上"},
    AlertRule{"success_rate_24h_notice", "99.9%", "1m",
              "The success rate of the last 24 hours is lower", "最近 24 小时成功率低于此值"},
    AlertRule{"failures_in_row_critical", "20", "0s",
              "A subscription has failed more often in a row", "某个订阅连续失败次数超过此值"},
    AlertRule{"parked_rejected_critical", "0", "0s",
              "More deliveries are parked because their receiver will never take them (400, 413, "
              "422)",
              "因接收方返回 400、413、422 而搁置的投递多于此值"},
    AlertRule{
        "check_differences_critical", "100", "0s",
        "More records of a receiver differ from the hub, as `tidemark receive check` last told; "
        "after a repair, those left",
        "`tidemark receive check` 最近一次报告的与 hub 不一致的记录多于此值（修复后按剩余计）"},
    AlertRule{"jobs_failed_critical", "0", "2h",
              "More scheduled jobs are at a failed run, for `hold`: several runs of a frequent job",
              "最近一次运行失败的计划任务多于此值，且持续 `hold`（频繁任务已失败多次）"},
    AlertRule{"jobs_failed_warning", "0", "0s", "The same, at once", "同上，立即告警"},
    AlertRule{"jobs_partial_warning", "0", "0s",
              "More scheduled jobs have only been partial (exit 3) for three runs: something is "
              "left out each time",
              "连续三次仅部分成功（退出码 3）的计划任务多于此值：每次都有内容遗漏"},
    AlertRule{"latency_mean_warning", "3m", "1m",
              "The mean time from publish to 2xx of the last hour is longer",
              "最近 1 小时从发布到 2xx 的平均时间超过此值"},
    AlertRule{"latency_p99_warning", "off", "1m", "The 99th percentile of it is longer",
              "同上，第 99 百分位"},
    AlertRule{"backlog_warning", "50", "2m", "More deliveries are unfinished",
              "未完成的投递多于此值"},
    AlertRule{"failures_1h_warning", "off", "0s",
              "More deliveries were given up or parked in the last hour",
              "最近 1 小时失败（放弃或搁置）的投递多于此值"},
    AlertRule{"retrying_notice", "10", "2m", "More deliveries are in retry",
              "重试中的投递多于此值"},
};

using enum OptionType;

/// What every channel has.
constexpr std::array common = {
    Option{.key = "levels",
           .type = text_list,
           .example = "critical,warning,notice",
           .en = "The levels it is told of: critical, warning, notice",
           .zh = "接收的级别：critical、warning、notice"},
    Option{.key = "per_minute",
           .type = integer,
           .example = "10",
           .range = "1..600",
           .en = "So many messages in any 60 seconds; what is more waits and leaves as one",
           .zh = "任意 60 秒内的消息数上限；超出的先等待，再合并为一条"},
};
constexpr Option ca_file = {
    .key = "ca_file",
    .type = text,
    .example = "/etc/ssl/company-ca.pem",
    .en = "Whose certificates are believed (PEM); empty means the system's authorities",
    .zh = "信任的 CA 证书（PEM）；留空则使用系统 CA"};

constexpr std::array dingtalk = {
    Option{.key = "webhook",
           .type = text,
           .example = "${DINGTALK_ROBOT_URL:-}",
           .secret = true,
           .en = "The robot's webhook with its access_token; empty means no such channel",
           .zh = "机器人 Webhook 地址（含 access_token）；留空则不启用"},
    Option{.key = "secret",
           .type = text,
           .example = "${DINGTALK_ROBOT_SECRET:-}",
           .secret = true,
           .en = "The secret of the robot's signature (`SEC…`), if that is how it is protected",
           .zh = "机器人“加签”密钥（`SEC…`），启用加签时填写"},
    Option{.key = "keyword",
           .type = text,
           .example = "Tidemark",
           .en = "The robot's keyword, if that is how it is protected; put in front where a "
                 "message lacks it",
           .zh = "机器人自定义关键词，启用时填写；消息中没有时自动加在前面"},
};
constexpr std::array wecom = {
    Option{.key = "webhook",
           .type = text,
           .example = "${WECOM_ROBOT_URL:-}",
           .secret = true,
           .en = "The group robot's webhook with its key; empty means no such channel",
           .zh = "群机器人 Webhook 地址（含 key）；留空则不启用"},
};
constexpr std::array feishu = {
    Option{.key = "webhook",
           .type = text,
           .example = "${FEISHU_ROBOT_URL:-}",
           .secret = true,
           .en = "The custom bot's webhook; empty means no such channel",
           .zh = "自定义机器人 Webhook 地址；留空则不启用"},
    Option{.key = "secret",
           .type = text,
           .example = "${FEISHU_ROBOT_SECRET:-}",
           .secret = true,
           .en = "The secret of the bot's signature, if that is how it is protected",
           .zh = "机器人签名校验密钥，启用签名校验时填写"},
    Option{.key = "keyword",
           .type = text,
           .example = "Tidemark",
           .en = "The bot's keyword, if that is how it is protected",
           .zh = "机器人自定义关键词，启用时填写"},
};
constexpr std::array gateway = {
    Option{.key = "webhook",
           .type = text,
           .example = "https://gateway.example.com/send",
           .secret = true,
           .en = "A gateway that sends or calls when it is POSTed to; `{title}` and `{text}` in it "
                 "stand for the message; empty means no such channel",
           .zh = "收到 POST 后发送短信或拨打电话的网关；其中的 `{title}`、`{text}` "
                 "代表消息；留空则不启用"},
    Option{
        .key = "body",
        .type = text,
        .example = "${file:sms.json}",
        .en = "The JSON that it is sent, with `{title}` and `{text}` inside of its texts; empty "
              "means an object of the members title and text",
        .zh =
            "发送给网关的 JSON，文本中可用 `{title}`、`{text}`；留空则发送含 title 和 text 的对象"},
    Option{.key = "authorization",
           .type = text,
           .example = "${SMS_GATEWAY_AUTHORIZATION:-}",
           .secret = true,
           .en = "The header Authorization",
           .zh = "Authorization 请求头"},
    Option{.key = "expect",
           .type = text,
           .example = "OK",
           .en = "What must stand in an answer that means success; empty means that any 2xx does",
           .zh = "成功应答中必须包含的内容；留空则任何 2xx 都算成功"},
};
constexpr std::array email = {
    Option{.key = "url",
           .type = text,
           .example = "smtps://smtp.example.com:465",
           .en = "The mail server: smtps://HOST:465, or smtp://HOST:587 with STARTTLS; empty means "
                 "no such channel",
           .zh = "邮件服务器：smtps://主机:465，或 smtp://主机:587（STARTTLS）；留空则不启用"},
    Option{.key = "user",
           .type = text,
           .example = "alerts@example.com",
           .en = "Whom to log in as; empty means without",
           .zh = "登录用户名；留空则不登录"},
    Option{.key = "password",
           .type = text,
           .example = "${ALERT_MAIL_PASSWORD:-}",
           .secret = true,
           .en = "The password; Chinese mail hosts want their authorisation code here",
           .zh = "密码；国内邮箱通常填写“授权码”"},
    Option{.key = "from",
           .type = text,
           .example = "alerts@example.com",
           .en = "The sender, mostly the same as the user",
           .zh = "发件地址，通常与用户名相同"},
    Option{.key = "to",
           .type = text_list,
           .example = "finance@example.com,ops@example.com",
           .en = "The receivers",
           .zh = "收件人"},
    Option{.key = "starttls",
           .type = boolean,
           .fallback = "true",
           .example = "false",
           .en = "smtp:// only goes on inside TLS; false only for a server without password in the "
                 "own network",
           .zh = "smtp:// 必须升级到 TLS；仅在内网且无需密码的服务器上可设为 false"},
};

std::vector<Option> make_options() {
  static std::deque<std::string> keys;  // What the options' views point to.
  std::vector<Option> table = {
      Option{.key = "alert.enabled",
             .type = boolean,
             .fallback = "true",
             .example = "false",
             .en = "Whether this hub looks after the alerts",
             .zh = "本 hub 是否处理告警"},
      Option{.key = "alert.interval",
             .type = duration,
             .fallback = "30s",
             .example = "10s",
             .range = "1s..1h",
             .en = "How often the figures are looked at; what begins in one look is one message",
             .zh = "检查指标的间隔；同一次检查中发生的告警合并为一条消息"},
      Option{.key = "alert.over_after",
             .type = duration,
             .fallback = "2m",
             .example = "10m",
             .range = "0s..1d",
             .en = "An alert is over once its figure was right for so long",
             .zh = "指标恢复正常并持续该时长后，告警解除"},
      Option{.key = "alert.repeat",
             .type = duration,
             .fallback = "4h",
             .example = "1d",
             .range = "1m..30d",
             .en = "An alert that stays on is told again after so long",
             .zh = "持续中的告警每隔该时长再次提醒"},
      Option{.key = "alert.sample_min",
             .type = integer,
             .fallback = "20",
             .example = "100",
             .range = "1..1000000",
             .en = "A success rate or a latency of fewer deliveries says nothing",
             .zh = "投递数少于此值时，不判断成功率和延迟"},
      Option{.key = "alert.language",
             .type = choice,
             .fallback = "zh",
             .example = "en",
             .choices = "zh|en",
             .en = "The language of the messages",
             .zh = "消息的语言"},
      Option{.key = "alert.site",
             .type = text,
             .example = "production",
             .en = "Stands in each title, to tell one hub from another",
             .zh = "出现在每条消息的标题中，用于区分不同的 hub"},
  };
  const auto add = [&table](Option option, std::string key) {
    option.key = keys.emplace_back(std::move(key));
    table.push_back(option);
  };
  const auto add_channel = [&](std::string_view channel, std::span<const Option> own,
                               std::string_view levels, std::string_view per_minute) {
    for (const Option& option : own) add(option, alert_channel_key(channel, option.key));
    for (Option option : common) {
      option.fallback = option.key == "levels" ? levels : per_minute;
      add(option, alert_channel_key(channel, option.key));
    }
    add(ca_file, alert_channel_key(channel, ca_file.key));
  };
  // What the robots allow (DingTalk and WeCom 20 in a minute, Feishu 100); whom they wake.
  add_channel("dingtalk", dingtalk, "critical,warning", "20");
  add_channel("wecom", wecom, "critical,warning", "20");
  add_channel("feishu", feishu, "critical,warning", "60");
  add_channel("email", email, "notice", "20");
  add_channel("sms", gateway, "critical", "2");
  add_channel("phone", gateway, "critical", "1");
  for (const AlertRule& rule : rules) {
    add({.type = text,
         .fallback = rule.threshold,
         .example = rule.threshold != "off"            ? "off"
                    : rule.name.starts_with("latency") ? "5m"
                                                       : "10",
         .en = rule.en,
         .zh = rule.zh},
        alert_rule_key(rule.name, "threshold"));
    add({.type = duration,
         .fallback = rule.hold,
         .example = "5m",
         .range = "0s..7d",
         .en = "For so long without a break",
         .zh = "须持续该时长"},
        alert_rule_key(rule.name, "hold"));
  }
  return table;
}

}  // namespace

std::span<const AlertRule> alert_rules() { return rules; }

std::string alert_rule_key(std::string_view rule, std::string_view name) {
  return "alert.rules." + std::string(rule) + "." + std::string(name);
}

std::string alert_channel_key(std::string_view channel, std::string_view name) {
  return "alert.channel." + std::string(channel) + "." + std::string(name);
}

std::span<const Option> alert_options() {
  static const std::vector<Option> table = make_options();
  return table;
}

}  // namespace tidemark::config
