#include "cli/config_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/config_reference.h"
#include "cli/context.h"
#include "cli/redaction.h"
#include "cli/report.h"
#include "config/option.h"
#include "sql/connection.h"
#include "sql/url.h"

namespace tidemark::cli {
namespace {

using config::Option;
using config::OptionType;
using config::Origin;
using config::Setting;

constexpr std::chrono::seconds check_timeout{5};

std::string_view name_of(Origin origin) {
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
  return "default";
}

std::string shown_value(const Option& option, const Setting& setting) {
  if (option.secret) return setting.value.empty() ? "" : "***";
  if (option.type != OptionType::url) return setting.value;
  const Result<sql::Url> url = sql::Url::parse(setting.value);
  return url ? url->redacted() : redacted_url(setting.value);
}

Result<ExitCode> show(Context& context) {
  for (const Option& option : config::all_options()) {
    const Setting& setting = context.settings.setting(option.key);
    const std::string value = shown_value(option, setting);
    if (context.json) {
      context.world.out.json({{"key", option.key},
                              {"value", value},
                              {"origin", name_of(setting.origin)},
                              {"where", setting.where}});
      continue;
    }
    const std::string origin = setting.origin == Origin::fallback
                                   ? Wording{"default", "默认"}.in(context.language).data()
                                   : setting.where;
    context.world.out.line(fmt::format("{} = {}  # {}", option.key, shell_quoted(value), origin));
  }
  return ExitCode::done;
}

/// Connects and asks for the version. An error names the key.
Result<std::string> try_database(const Option& option, const std::string& text) {
  Result<sql::Url> url = sql::Url::parse(text);
  if (!url) return fail(std::move(url).error().within({"{}", "{}"}, option.key));
  Result<std::unique_ptr<sql::Connection>> connection =
      sql::connect(*url, {.connect_timeout = check_timeout, .read_only = true});
  if (!connection) return fail(std::move(connection).error().within({"{}", "{}"}, option.key));
  Result<sql::ServerInfo> server = (*connection)->server();
  if (!server) return fail(std::move(server).error().within({"{}", "{}"}, option.key));
  return fmt::format("{}: {} {} ({})", option.key, server->product, server->version,
                     url->redacted());
}

Result<ExitCode> check_config(Context& context) {
  // That the settings are right was found out when they were loaded.
  if (const auto& file = context.settings.file())
    context.print(say({"configuration is valid: {}", "配置有效：{}"}, *file));
  else
    context.print(say({"configuration is valid (no file; environment and defaults)",
                       "配置有效（无配置文件；取自环境变量和默认值）"}));
  if (context.arguments.has("--offline")) return ExitCode::done;

  std::optional<Error> first;
  for (const Option& option : config::all_options()) {
    if (option.type != OptionType::url) continue;
    const std::string& text = context.settings.text(option.key);
    if (text.empty()) continue;
    Result<std::string> answer = try_database(option, text);
    if (context.json) {
      context.world.out.json({{"message_type", "status"},
                              {"key", option.key},
                              {"ok", answer.has_value()},
                              {"message", answer ? *answer : answer.error().what.en}});
    } else if (answer) {
      context.world.out.line(*answer);
    }
    if (answer) continue;
    if (first) report_error(answer.error(), {.language = context.language});
    if (!first) first = std::move(answer).error();
  }
  if (first) return fail(std::move(*first));
  return ExitCode::done;
}

Result<ExitCode> reference(Context& context) {
  context.world.out.write(config_reference(config::all_options(), context.language));
  return ExitCode::done;
}

}  // namespace

Command config_command() {
  return {
      .name = "config",
      .summary = {"Check, show and explain the configuration", "检查、显示和说明配置"},
      .children =
          {{.name = "check",
            .summary = {"Check the configuration and connect to the databases it names",
                        "检查配置，并连接其中的数据库"},
            .about = {"Reads flags, TIDEMARK_* variables and the file exactly as a run does. Exit "
                      "code 2 means that the configuration is wrong, 12 that a login was refused, "
                      "75 that a database could not be reached.",
                      "与真实运行完全相同地读取选项、TIDEMARK_* 变量和配置文件。退出码 2 "
                      "表示配置有误，12 "
                      "表示登录被拒绝，75 表示无法连接数据库。"},
            .flags = {{.names = "--offline",
                       .text = {"Do not connect to anything", "不建立任何连接"}}},
            .examples = {{"tidemark config check --offline --config new.toml",
                          {"Look at a file before it is installed", "在启用前检查一个配置文件"}}},
            .run = check_config},
           {.name = "show",
            .summary = {"Print every setting and where its value comes from",
                        "显示每项设置及其来源"},
            .about = {"Secrets print as ***.", "机密值显示为 ***。"},
            .examples = {{"tidemark config show --json",
                          {"One JSON line a setting", "每项设置一行 JSON"}}},
            .run = show},
           {.name = "reference",
            .summary = {"Print the reference of all settings, as Markdown",
                        "输出全部设置的参考文档（Markdown）"},
            .examples = {{"tidemark config reference --lang zh > settings.md",
                          {"In Chinese", "中文版"}}},
            .run = reference,
            .uses_settings = false}},
  };
}

}  // namespace tidemark::cli
