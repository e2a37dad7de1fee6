#include "config/settings.h"

#include "base/check.h"
#include "base/parse_integer.h"
#include "config/loader.h"
#include "config/value.h"

namespace tidemark::config {

std::string_view name(Origin origin) {
  switch (origin) {
    case Origin::flag:
      return "flag";
    case Origin::environment:
      return "environment";
    case Origin::file:
      return "file";
    case Origin::fallback:
      return "default";
  }
  return "unknown";
}

Result<Settings> Settings::load(const LoadRequest& request) {
  Loader loader{request};
  loader.run();
  if (loader.problems.empty()) return std::move(loader.settings);
  Error first = std::move(loader.problems.front());
  if (const std::size_t more = loader.problems.size() - 1; more > 0) {
    first.what.en += fmt::format(" (and {} more: tidemark config check)", more);
    first.what.zh += fmt::format("（另有 {} 处：tidemark config check）", more);
  }
  return fail(std::move(first));
}

std::vector<Error> Settings::problems(const LoadRequest& request) {
  Loader loader{request};
  loader.run();
  return std::move(loader.problems);
}

const Setting& Settings::setting(std::string_view key) const {
  const auto found = settings_.find(key);
  if (found == settings_.end()) check(false, fmt::format("undeclared setting {}", key));
  return found->second;
}

const std::string& Settings::text(std::string_view key) const { return setting(key).value; }

std::int64_t Settings::integer(std::string_view key) const {
  const std::string& text = setting(key).value;
  const auto value = parse_integer(text);
  check(value.has_value(), "a setting that is no integer was asked for as one");
  return *value;
}

bool Settings::boolean(std::string_view key) const {
  const std::string& text = setting(key).value;
  check(text == "true" || text == "false", "a setting that is no boolean was asked for as one");
  return text == "true";
}

std::chrono::milliseconds Settings::duration(std::string_view key) const {
  const auto value = parse_duration(setting(key).value);
  check(value.has_value(), "a setting that is no duration was asked for as one");
  return *value;
}

std::uint64_t Settings::bytes(std::string_view key) const {
  const auto value = parse_bytes(setting(key).value);
  check(value.has_value(), "a setting that is no size was asked for as one");
  return *value;
}

std::vector<std::string> Settings::list(std::string_view key) const {
  return split_list(setting(key).value);
}

Settings Settings::with(std::string_view key, Setting setting) const {
  const Option* option = option_of(key);
  check(option != nullptr && option->type == OptionType::text, "such a setting is a text");
  Settings changed = *this;
  changed.settings_.insert_or_assign(std::string(key), std::move(setting));
  return changed;
}

bool Settings::is_set(std::string_view key) const {
  return setting(key).origin != Origin::fallback;
}

}  // namespace tidemark::config
