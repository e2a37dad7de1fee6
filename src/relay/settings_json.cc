#include "relay/settings_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/bytes.h"
#include "base/nearest.h"
#include "relay/batch_time.h"

namespace tidemark::relay {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t concurrency_max = 1024;
constexpr double rate_limit_max = 100'000;
constexpr std::int64_t connect_timeout_ms_max = 60'000;
constexpr std::int64_t timeout_ms_max = timeout_max.count();
constexpr std::size_t retries_max = 50;
constexpr std::int64_t retry_pause_s_max = std::int64_t{7} * 24 * 3600;
constexpr std::int64_t batch_size_max = 100;
constexpr std::int64_t batch_interval_s_max = 24 * 3600;
constexpr std::int64_t batch_pace_ms_max = 3'600'000;
constexpr std::size_t filter_values_max = 1000;
constexpr std::size_t zone_bytes_max = 64;
constexpr std::size_t path_bytes_max = 4096;
constexpr std::array<std::string_view, 4> filter_fields = {"source_system", "source_module",
                                                           "source_type", "company_id"};

std::string_view name(http::BodyStyle style) {
  return style == http::BodyStyle::raw ? "raw" : "sorted-json";
}

template <class... Args>
std::unexpected<Error> refuse(std::string_view field, Text<Args...> text, Args&&... args) {
  return std::unexpected(make_error<Args...>(ErrorKind::rejected, text, std::forward<Args>(args)...)
                             .within({"field {}", "字段 {}"}, field));
}

Result<std::int64_t> read_integer(const Json& value, std::string_view field, std::int64_t least,
                                  std::int64_t most) {
  const bool fits =
      value.is_number_integer() &&
      (!value.is_number_unsigned() ||
       value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()});
  if (!fits || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
    return refuse(field, {"must be an integer from {} to {}", "必须是 {} 到 {} 的整数"}, least,
                  most);
  return value.get<std::int64_t>();
}

template <class Duration>
Result<void> set_duration(Duration& target, const Json& value, std::string_view field,
                          std::int64_t least, std::int64_t most) {
  const auto count = read_integer(value, field, least, most);
  if (!count) return fail(Result<std::int64_t>(count));
  target = Duration{*count};
  return {};
}

/// A path or a time, which may be empty.
Result<void> set_text(std::string& target, const Json& value, std::string_view field,
                      std::size_t max) {
  if (value.is_string() && value.get_ref<const std::string&>().empty()) {
    target.clear();
    return {};
  }
  auto text = read_plain_text(value, field, max);
  if (!text) return fail(std::move(text));
  target = *std::move(text);
  return {};
}

template <class Choice>
Result<void> set_choice(Choice& target, const Json& value, std::string_view field, Choice first,
                        Choice second) {
  for (const Choice choice : {first, second}) {
    if (value.is_string() && value.get_ref<const std::string&>() == name(choice)) {
      target = choice;
      return {};
    }
  }
  return refuse(field, {"must be \"{}\" or \"{}\"", "必须是 \"{}\" 或 \"{}\""}, name(first),
                name(second));
}

Result<void> set_concurrency(SubscriptionSettings& settings, const Json& value,
                             std::string_view field) {
  const auto count = read_integer(value, field, 1, concurrency_max);
  if (!count) return fail(Result<std::int64_t>(count));
  settings.concurrency = *count;
  return {};
}

Result<void> set_rate_limit(SubscriptionSettings& settings, const Json& value,
                            std::string_view field) {
  const double rate = value.is_number() ? value.get<double>() : -1;
  if (!std::isfinite(rate) || rate < 0 || rate > rate_limit_max) {
    return refuse(field,
                  {"must be a number from 0 (no limit) to {} requests a second",
                   "必须是 0（不限）到 {} 次/秒的数字"},
                  rate_limit_max);
  }
  settings.rate_limit = rate;
  return {};
}

Result<void> set_retry_schedule(SubscriptionSettings& settings, const Json& value,
                                std::string_view field) {
  if (!value.is_array() || value.size() > retries_max) {
    return refuse(
        field,
        {"must be an array of at most {} pauses in seconds", "必须是最多 {} 个以秒计的间隔的数组"},
        retries_max);
  }
  std::vector<std::chrono::seconds> schedule;
  for (const Json& element : value) {
    const auto pause = read_integer(element, field, 1, retry_pause_s_max);
    if (!pause) return fail(Result<std::int64_t>(pause));
    schedule.emplace_back(*pause);
  }
  settings.retry_schedule = std::move(schedule);
  return {};
}

Result<void> set_filter(SubscriptionSettings& settings, const Json& value, std::string_view field) {
  if (!value.is_object()) return refuse(field, {"must be an object", "必须是对象"});
  std::map<std::string, std::vector<std::string>> filter;
  for (const auto& [key, values] : value.items()) {
    if (std::ranges::find(filter_fields, key) == filter_fields.end()) {
      return fail(
          make_error(ErrorKind::rejected, {"unknown field filter.{}", "未知字段 filter.{}"},
                     printable(key))
              .with_hint({"filters look at source_system, source_module, source_type and "
                          "company_id",
                          "可按 source_system、source_module、source_type、company_id 过滤"}));
    }
    if (!values.is_array() || values.empty() || values.size() > filter_values_max) {
      return refuse(field,
                    {"{} must be an array of 1 to {} texts", "{} 必须是 1 到 {} 个文本的数组"}, key,
                    filter_values_max);
    }
    for (const Json& element : values) {
      auto text = read_plain_text(element, field, source_id_bytes_max);
      if (!text) return fail(std::move(text));
      filter[key].push_back(*std::move(text));
    }
  }
  settings.filter = std::move(filter);
  return {};
}

Result<void> set_batch_field(BatchSettings& batch, std::string_view field, const Json& value) {
  if (field == "size") {
    const auto size = read_integer(value, "batch.size", 1, batch_size_max);
    if (!size) return fail(Result<std::int64_t>(size));
    batch.size = *size;
    return {};
  }
  if (field == "interval_s")
    return set_duration(batch.interval, value, "batch.interval_s", 0, batch_interval_s_max);
  if (field == "pace_ms")
    return set_duration(batch.pace, value, "batch.pace_ms", 0, batch_pace_ms_max);
  if (field == "at") return set_text(batch.at, value, "batch.at", zone_bytes_max);
  if (field == "zone") {
    auto zone = read_plain_text(value, "batch.zone", zone_bytes_max);
    if (!zone) return fail(std::move(zone));
    batch.zone = *std::move(zone);
    return {};
  }
  constexpr std::array<std::string_view, 5> names = {"size", "interval_s", "at", "zone", "pace_ms"};
  Error error = make_error(ErrorKind::rejected, {"unknown field batch.{}", "未知字段 batch.{}"},
                           printable(field));
  const std::string_view meant = nearest(field, names);
  if (meant.empty()) return fail(std::move(error));
  return fail(std::move(error).with_hint({"did you mean {}?", "是否要写 {}？"}, meant));
}

Result<void> set_batch(SubscriptionSettings& settings, const Json& value, std::string_view field) {
  if (!value.is_object()) return refuse(field, {"must be an object", "必须是对象"});
  BatchSettings batch = settings.batch;
  for (const auto& [key, element] : value.items())
    if (auto set = set_batch_field(batch, key, element); !set) return set;
  settings.batch = std::move(batch);
  return {};
}

using Setter = Result<void> (*)(SubscriptionSettings&, const Json&, std::string_view);

struct Setting {
  std::string_view name;
  Setter set;
};

constexpr std::array settings_known = {
    Setting{"mode",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_choice(settings.mode, value, field, Mode::realtime, Mode::batch);
            }},
    Setting{"signature_style",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_choice(settings.signature_style, value, field, http::BodyStyle::raw,
                                http::BodyStyle::sorted_json);
            }},
    Setting{"ordering",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_choice(settings.ordering, value, field, Ordering::none, Ordering::source);
            }},
    Setting{"after_parked",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_choice(settings.after_parked, value, field, AfterParked::block,
                                AfterParked::skip);
            }},
    Setting{"concurrency", set_concurrency},
    Setting{"rate_limit", set_rate_limit},
    Setting{"connect_timeout_ms",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_duration(settings.connect_timeout, value, field, 1,
                                  connect_timeout_ms_max);
            }},
    Setting{"timeout_ms",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_duration(settings.timeout, value, field, 1, timeout_ms_max);
            }},
    Setting{"fast_timeout_ms",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_duration(settings.fast_timeout, value, field, 1, timeout_ms_max);
            }},
    Setting{"retry_schedule_s", set_retry_schedule},
    Setting{"filter", set_filter},
    Setting{"batch", set_batch},
    Setting{"tls_ca",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_text(settings.tls_ca, value, field, path_bytes_max);
            }},
    Setting{"tls_certificate",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_text(settings.tls_certificate, value, field, path_bytes_max);
            }},
    Setting{"tls_key",
            [](SubscriptionSettings& settings, const Json& value, std::string_view field) {
              return set_text(settings.tls_key, value, field, path_bytes_max);
            }},
};

constexpr auto names_known = [] {
  std::array<std::string_view, settings_known.size()> names{};
  std::ranges::transform(settings_known, names.begin(), &Setting::name);
  return names;
}();

}  // namespace

std::span<const std::string_view> setting_names() { return names_known; }

Result<std::string> read_plain_text(const Json& value, std::string_view field, std::size_t max) {
  if (!value.is_string()) return refuse(field, {"must be a text", "必须是文本"});
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty()) return refuse(field, {"must not be empty", "不得为空"});
  if (text.size() > max) return refuse(field, {"is longer than {} bytes", "超过 {} 字节"}, max);
  if (std::ranges::any_of(
          text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return refuse(field, {"must not hold control characters", "不得含有控制字符"});
  }
  return text;
}

Result<void> set_setting(SubscriptionSettings& settings, std::string_view name, const Json& value) {
  const auto* const known = std::ranges::find(settings_known, name, &Setting::name);
  if (known == settings_known.end())
    return fail(ErrorKind::rejected, {"unknown field {}", "未知字段 {}"}, printable(name));
  return known->set(settings, value, name);
}

Result<void> check_settings(const SubscriptionSettings& settings) {
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    return fail(ErrorKind::rejected, {"tls_certificate and tls_key go together",
                                      "tls_certificate 与 tls_key 必须同时设置"});
  }
  return check_batch_time(settings.batch);
}

Json settings_object(const SubscriptionSettings& settings) {
  Json retries = Json::array();
  for (const std::chrono::seconds pause : settings.retry_schedule) retries.push_back(pause.count());
  Json filter = Json::object();
  for (const auto& [field, values] : settings.filter) filter[field] = values;
  return Json{
      {"mode", name(settings.mode)},
      {"signature_style", name(settings.signature_style)},
      {"ordering", name(settings.ordering)},
      {"after_parked", name(settings.after_parked)},
      {"concurrency", settings.concurrency},
      {"rate_limit", settings.rate_limit},
      {"connect_timeout_ms", settings.connect_timeout.count()},
      {"timeout_ms", settings.timeout.count()},
      {"fast_timeout_ms", settings.fast_timeout.count()},
      {"retry_schedule_s", std::move(retries)},
      {"filter", std::move(filter)},
      {"batch",
       {{"size", settings.batch.size},
        {"interval_s", settings.batch.interval.count()},
        {"at", settings.batch.at},
        {"zone", settings.batch.zone},
        {"pace_ms", settings.batch.pace.count()}}},
      {"tls_ca", settings.tls_ca},
      {"tls_certificate", settings.tls_certificate},
      {"tls_key", settings.tls_key},
  };
}

}  // namespace tidemark::relay
