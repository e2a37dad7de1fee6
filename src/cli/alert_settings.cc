#include "cli/alert_settings.h"

#include <array>
#include <optional>
#include <utility>

#include "alert/rule.h"
#include "base/check.h"
#include "config/alert_options.h"

namespace tidemark::cli {
namespace {

using alert::ChannelSpec;
using alert::Level;
using alert::RobotKind;
using config::alert_channel_key;
using config::alert_rule_key;
using config::Settings;

struct KnownRobot {
  std::string_view name;
  RobotKind kind;
  std::size_t bytes_max;  ///< Of a text, below what the vendor allows.
};

constexpr std::array robots = {
    KnownRobot{"dingtalk", RobotKind::dingtalk, 18'000},
    KnownRobot{"wecom", RobotKind::wecom, 2'048},
    KnownRobot{"feishu", RobotKind::feishu, 18'000},
    KnownRobot{"sms", RobotKind::gateway, 480},
    KnownRobot{"phone", RobotKind::gateway, 480},
};
constexpr std::size_t mail_bytes_max = 100'000;

/// `backlog_warning` is the subject `backlog` at the level `warning`.
alert::Rule rule_named(std::string_view name) {
  const std::size_t end = name.rfind('_');
  const auto subject = alert::subject_named(name.substr(0, end));
  const auto level = alert::level_named(name.substr(end + 1));
  check(subject && level, "the configuration's rules are those of the alerts");
  return {.subject = *subject, .level = *level};
}

Error at(const Settings& settings, const std::string& key, Error error) {
  const std::string& where = settings.setting(key).where;
  return where.empty() ? std::move(error).within({"{}", "{}"}, key)
                       : std::move(error).within({"{}: {}", "{}：{}"}, where, key);
}

std::string_view threshold_words(alert::Unit unit) {
  switch (unit) {
    case alert::Unit::ratio:
      return "95%";
    case alert::Unit::seconds:
      return "3m";
    case alert::Unit::count:
      return "50";
  }
  return "";
}

/// nullopt: the rule is off.
Result<std::optional<alert::Rule>> configured_rule(const Settings& settings,
                                                   const config::AlertRule& rule) {
  alert::Rule made = rule_named(rule.name);
  const std::string key = alert_rule_key(rule.name, "threshold");
  const std::string& text = settings.text(key);
  if (text == "off") return std::optional<alert::Rule>{};
  const alert::Unit unit = alert::info(made.subject).unit;
  const auto threshold = alert::parse_threshold(unit, text);
  if (!threshold)
    return fail(at(settings, key,
                   make_error(ErrorKind::invalid_config,
                              {"must be like {} here, or off", "此处应形如 {}，或 off"},
                              threshold_words(unit))));
  made.threshold = *threshold;
  made.hold = settings.duration(alert_rule_key(rule.name, "hold"));
  return std::optional(made);
}

Result<alert::ChannelOptions> channel_options(const Settings& settings, std::string_view name,
                                              std::size_t bytes_max) {
  alert::ChannelOptions options{
      .name = std::string(name),
      .levels = {},
      .per_minute = static_cast<int>(settings.integer(alert_channel_key(name, "per_minute"))),
      .bytes_max = bytes_max};
  const std::string key = alert_channel_key(name, "levels");
  for (const std::string& text : settings.list(key)) {
    const auto level = alert::level_named(text);
    if (!level)
      return fail(at(settings, key,
                     make_error(ErrorKind::invalid_config,
                                {"{} is none of critical, warning, notice",
                                 "{} 不是 critical、warning、notice 之一"},
                                text)));
    options.levels.insert(*level);
  }
  return options;
}

/// Names its table: what exactly is wrong stands in the error.
Result<ChannelSpec> checked(ChannelSpec spec) {
  if (Result<void> right = alert::check_channel(spec); !right)
    return fail(std::move(right).error().within({"alert.channel.{}", "alert.channel.{}"},
                                                spec.options.name));
  return spec;
}

Result<ChannelSpec> robot_channel(const Settings& settings, const KnownRobot& robot) {
  const auto text = [&](std::string_view name) {
    return settings.text(alert_channel_key(robot.name, name));
  };
  auto options = channel_options(settings, robot.name, robot.bytes_max);
  if (!options) return fail(std::move(options));
  alert::RobotOptions how{.kind = robot.kind, .url = text("webhook")};
  switch (robot.kind) {
    case RobotKind::dingtalk:
    case RobotKind::feishu:
      how.secret = text("secret");
      how.keyword = text("keyword");
      options->bytes_max -= how.keyword.size() < 200 ? how.keyword.size() + 1 : 0;
      break;
    case RobotKind::wecom:
      break;
    case RobotKind::gateway:
      how.body = text("body");
      how.authorization = text("authorization");
      how.expect = text("expect");
      break;
  }
  return checked(
      {.options = std::move(*options), .how = std::move(how), .ca_file = text("ca_file")});
}

Result<ChannelSpec> mail_channel(const Settings& settings) {
  const auto key = [](std::string_view name) { return alert_channel_key("email", name); };
  auto options = channel_options(settings, "email", mail_bytes_max);
  if (!options) return fail(std::move(options));
  return checked({.options = std::move(*options),
                  .how = alert::MailOptions{.url = settings.text(key("url")),
                                            .user = settings.text(key("user")),
                                            .password = settings.text(key("password")),
                                            .from = settings.text(key("from")),
                                            .to = settings.list(key("to")),
                                            .starttls = settings.boolean(key("starttls"))},
                  .ca_file = settings.text(key("ca_file"))});
}

}  // namespace

Result<api::AlertOptions> alert_options(const Settings& settings) {
  api::AlertOptions options{
      .enabled = settings.boolean("alert.enabled"),
      .interval = settings.duration("alert.interval"),
      .alarm = {.rules = {},
                .sample_min = settings.integer("alert.sample_min"),
                .over_after = settings.duration("alert.over_after"),
                .repeat = settings.duration("alert.repeat"),
                .site = settings.text("alert.site"),
                .language = settings.text("alert.language") == "zh" ? Language::chinese
                                                                    : Language::english}};
  for (const config::AlertRule& rule : config::alert_rules()) {
    auto made = configured_rule(settings, rule);
    if (!made) return fail(std::move(made));
    if (*made) options.alarm.rules.push_back(**made);
  }
  for (const KnownRobot& robot : robots) {
    if (settings.text(alert_channel_key(robot.name, "webhook")).empty()) continue;
    auto channel = robot_channel(settings, robot);
    if (!channel) return fail(std::move(channel));
    options.channels.push_back(std::move(*channel));
  }
  if (settings.text(alert_channel_key("email", "url")).empty()) return options;
  auto mail = mail_channel(settings);
  if (!mail) return fail(std::move(mail));
  options.channels.push_back(std::move(*mail));
  return options;
}

}  // namespace tidemark::cli
