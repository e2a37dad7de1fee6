#include "relay/subscription_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bytes.h"
#include "base/json_check.h"
#include "base/json_object.h"
#include "base/nearest.h"
#include "base/utc_text.h"
#include "relay/settings_json.h"

namespace tidemark::relay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t name_bytes_max = 191;
constexpr std::size_t url_bytes_max = 2048;
constexpr std::size_t secret_bytes_max = 1024;
constexpr std::size_t event_types_max = 100;

/// The object of a request, each name of it once. nlohmann would silently take the last.
Result<Json> object_of(std::string_view text) {
  if (const auto fault = check_json(text)) {
    return fail(ErrorKind::rejected, {"not JSON: {} at byte {}", "不是 JSON：第 {1} 字节处 {0}"},
                fault->reason, fault->position);
  }
  const auto members = json_members(text);
  if (!members) return fail(ErrorKind::rejected, {"must be a JSON object", "必须是 JSON 对象"});
  std::vector<std::string_view> names;
  for (const JsonMember& member : *members) names.push_back(member.name);
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return fail(ErrorKind::rejected, {"field {} stands there twice", "字段 {} 出现了两次"},
                printable(*twice));
  }
  Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (object.is_discarded()) {
    return fail(ErrorKind::rejected, {"holds a lone surrogate or a number beyond any range",
                                      "含有单独的代理项或超出范围的数字"});
  }
  return object;
}

bool is_pattern(std::string_view text) {
  if (text == "*") return true;
  if (text.ends_with(".*")) text.remove_suffix(2);
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("_.:-").contains(c);
  });
}

Result<std::vector<std::string>> read_event_types(const Json& value) {
  if (!value.is_array() || value.empty() || value.size() > event_types_max) {
    return fail(ErrorKind::rejected,
                {"field event_types: must be an array of 1 to {} event types",
                 "字段 event_types：必须是 1 到 {} 个事件类型的数组"},
                event_types_max);
  }
  std::vector<std::string> types;
  for (const Json& element : value) {
    auto type = read_plain_text(element, "event_types", event_type_bytes_max);
    if (!type) return fail(std::move(type));
    if (!is_pattern(*type)) {
      return fail(ErrorKind::rejected,
                  {"field event_types: {} is neither an event type nor * nor like invoice.*",
                   "字段 event_types：{} 不是事件类型，也不是 * 或 invoice.* 这样的形式"},
                  printable(*type));
    }
    types.push_back(*std::move(type));
  }
  return types;
}

Result<void> set_text(std::string& target, const Json& value, std::string_view field,
                      std::size_t max) {
  auto text = read_plain_text(value, field, max);
  if (!text) return fail(std::move(text));
  target = *std::move(text);
  return {};
}

std::unexpected<Error> refuse_unknown(std::string_view field, bool creating) {
  std::vector<std::string_view> names = {"name", "target_system", "url", "event_types"};
  if (creating) names.insert(names.end(), {"secret", "active"});
  names.insert(names.end(), setting_names().begin(), setting_names().end());
  Error error =
      make_error(ErrorKind::rejected, {"unknown field {}", "未知字段 {}"}, printable(field));
  const std::string_view meant = nearest(field, names);
  if (meant.empty()) return fail(std::move(error));
  return fail(std::move(error).with_hint({"did you mean {}?", "是否要写 {}？"}, meant));
}

/// What both creating and changing may set.
Result<void> set_field(Subscription& subscription, std::string_view field, const Json& value,
                       const SubscriptionLimits& limits, bool creating) {
  if (field == "name") return set_text(subscription.name, value, field, name_bytes_max);
  if (field == "target_system")
    return set_text(subscription.target_system, value, field, source_name_bytes_max);
  if (field == "url") {
    if (auto set = set_text(subscription.url, value, field, url_bytes_max); !set) return set;
    return limits.check_url(subscription.url);
  }
  if (field == "event_types") {
    auto types = read_event_types(value);
    if (!types) return fail(std::move(types));
    subscription.event_types = *std::move(types);
    return {};
  }
  if (std::ranges::find(setting_names(), field) == setting_names().end())
    return refuse_unknown(field, creating);
  return set_setting(subscription.settings, field, value);
}

Result<void> set_active(Subscription& subscription, const Json& value) {
  if (!value.is_boolean()) {
    return fail(ErrorKind::rejected,
                {"field active: must be true or false", "字段 active：必须是 true 或 false"});
  }
  if (!value.get<bool>()) {
    subscription.state = SubscriptionState::paused;
    subscription.state_reason = "operator";
  }
  return {};
}

Result<void> check_complete(const Subscription& subscription) {
  const auto missing = [](std::string_view field, std::string_view flag) {
    return fail(make_error(ErrorKind::rejected, {"field {} is missing", "缺少字段 {}"}, field)
                    .with_hint({"on the command line: {}", "命令行参数：{}"}, flag));
  };
  if (subscription.name.empty()) return missing("name", "--name");
  if (subscription.target_system.empty()) return missing("target_system", "--target");
  if (subscription.url.empty()) return missing("url", "--url");
  if (subscription.event_types.empty()) return missing("event_types", "--event-type");
  return check_settings(subscription.settings);
}

}  // namespace

Result<Subscription> parse_subscription(std::string_view json, const SubscriptionLimits& limits) {
  const auto object = object_of(json);
  if (!object) return fail(Result<Json>(object));
  Subscription subscription;
  for (const auto& [field, value] : object->items()) {
    Result<void> set;
    if (field == "active") {
      set = set_active(subscription, value);
    } else if (field == "secret") {
      subscription.secrets.resize(1);
      set = set_text(subscription.secrets.front().text, value, field, secret_bytes_max);
    } else {
      set = set_field(subscription, field, value, limits, /*creating=*/true);
    }
    if (!set) return fail(std::move(set));
  }
  if (auto complete = check_complete(subscription); !complete) return fail(std::move(complete));
  return subscription;
}

Result<void> check_secret(std::string_view secret) {
  std::string checked;
  return set_text(checked, Json(secret), "secret", secret_bytes_max);
}

Result<void> patch_subscription(Subscription& subscription, std::string_view json,
                                const SubscriptionLimits& limits) {
  const auto object = object_of(json);
  if (!object) return fail(Result<Json>(object));
  Subscription changed = subscription;
  for (const auto& [field, value] : object->items()) {
    if (field == "secret" || field == "active") {
      return fail(make_error(ErrorKind::rejected,
                             {"field {} is not changed here", "字段 {} 不在此处修改"}, field)
                      .with_hint({"use rotate-secret, pause or resume",
                                  "请使用 rotate-secret、pause 或 resume"}));
    }
    if (auto set = set_field(changed, field, value, limits, /*creating=*/false); !set) return set;
  }
  if (auto complete = check_complete(changed); !complete) return complete;
  subscription = std::move(changed);
  return {};
}

std::string subscription_json(const Subscription& subscription, bool show_secret) {
  const SubscriptionState state = subscription.state;
  Json object{
      {"id", subscription.id},
      {"name", subscription.name},
      {"target_system", subscription.target_system},
      {"url", subscription.url},
      {"event_types", subscription.event_types},
  };
  if (show_secret && !subscription.secrets.empty())
    object["secret"] = subscription.secrets.front().text;
  object["active"] = state == SubscriptionState::active || state == SubscriptionState::probing;
  object.update(settings_object(subscription.settings));
  object["state"] = name(state);
  object["state_reason"] = subscription.state_reason;
  object["state_since"] = utc_stamp(subscription.state_since);
  object["failures"] = subscription.failures;
  object["probe_at"] =
      subscription.probe_at ? Json(utc_stamp(*subscription.probe_at)) : Json(nullptr);
  object["last_sequence"] = subscription.next_sequence - 1;
  object["version"] = subscription.version;
  object["created_at"] = utc_stamp(subscription.created_at);
  object["updated_at"] = utc_stamp(subscription.updated_at);
  return object.dump();
}

std::string settings_json(const SubscriptionSettings& settings) {
  return settings_object(settings).dump();
}

Result<SubscriptionSettings> parse_settings(std::string_view json) {
  const Json object = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object())
    return fail(ErrorKind::corrupt, {"stored settings are damaged", "已存储的设置已损坏"});
  SubscriptionSettings settings;
  for (const auto& [field, value] : object.items()) {
    if (std::ranges::find(setting_names(), field) == setting_names().end()) continue;
    if (auto set = set_setting(settings, field, value); !set) {
      Error error = std::move(set).error();
      error.kind = ErrorKind::corrupt;
      return fail(std::move(error).within({"stored settings", "已存储的设置"}));
    }
  }
  return settings;
}

}  // namespace tidemark::relay
