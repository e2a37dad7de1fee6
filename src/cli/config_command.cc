#include "cli/config_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/shell_word.h"
#include "base/system_error.h"
#include "cli/alert_settings.h"
#include "cli/config_reference.h"
#include "cli/context.h"
#include "cli/report.h"
#include "cli/schedule_jobs.h"
#include "config/database_url.h"
#include "config/show.h"
#include "config/source_url.h"
#include "sql/connection.h"
#include "sql/url.h"

namespace tidemark::cli {
namespace {

constexpr std::chrono::seconds connect_timeout{5};

Result<ExitCode> show(Context& context) {
  for (const config::ShownSetting& row :
       config::shown_settings(context.settings, context.world.environment)) {
    if (context.json) {
      context.world.out.json(
          {{"key", row.key}, {"value", row.value}, {"origin", row.origin}, {"where", row.where}});
      continue;
    }
    const std::string_view fallback = Wording{"default", "默认"}.in(context.language);
    context.world.out.line(fmt::format("{} = {}  # {}", row.key, shell_quoted(row.value),
                                       row.where.empty() ? fallback : row.where));
  }
  return ExitCode::done;
}

struct NamedDatabase {
  config::DatabaseAddress address;
  bool own =
      false;  ///< Tidemark's: the command that needs it makes an SQLite file that is missing.
};

/// The databases that settings name; several exports may share one.
Result<std::vector<NamedDatabase>> configured_databases(const Context& context) {
  const config::Environment& environment = context.world.environment;
  std::set<std::string> named;
  for (const config::ShownSetting& row : config::shown_settings(context.settings, environment))
    if (!row.value.empty()) named.insert(row.key);

  std::vector<NamedDatabase> databases;
  const auto add = [&](Result<config::DatabaseAddress> address, bool own = false) -> Result<void> {
    if (!address) return fail(std::move(address));
    for (NamedDatabase& known : databases)
      if (known.address.url == address->url && known.address.password == address->password) {
        known.own = known.own && own;  // Who only reads it does not make it.
        return {};
      }
    databases.push_back({.address = std::move(*address), .own = own});
    return {};
  };
  for (const std::string& table : context.settings.exports()) {
    if (!named.contains("source") && !named.contains("export." + table + ".source")) continue;
    if (auto added = add(config::export_source(context.settings, table, environment)); !added)
      return fail(std::move(added).error());
  }
  if (named.contains("load.warehouse"))
    if (auto added = add(config::warehouse_database(context.settings, environment), true); !added)
      return fail(std::move(added).error());
  if (named.contains("receive.database"))
    if (auto added = add(config::receive_database(context.settings, environment), true); !added)
      return fail(std::move(added).error());
  if (named.contains("reference.source"))
    if (auto added = add(config::reference_source(context.settings, environment)); !added)
      return fail(std::move(added).error());
  if (named.contains("state"))
    if (auto added = add(config::state_database(context.settings, environment), true); !added)
      return fail(std::move(added).error());
  return databases;
}

/// What came of looking at a database.
struct Found {
  std::string server{};   ///< `SQLite 3.40.1`
  std::string to_make{};  ///< It is not there: the file, or the folder above it, that will be made.
};

/// What has to be made for `file`: itself, or its topmost folder that is missing. Errors: that
/// cannot be.
Result<std::string> missing_part(const std::string& file) {
  std::filesystem::path missing = file;
  std::filesystem::path above = missing.parent_path();
  std::error_code ignored;
  while (!above.empty() && above != above.parent_path() &&
         !std::filesystem::exists(above, ignored)) {
    missing = above;
    above = missing.parent_path();
  }
  const std::string folder = above.empty() ? "." : above.native();
  const bool is_folder = std::filesystem::is_directory(folder, ignored);
  const bool writable = access(folder.c_str(), W_OK | X_OK) == 0;
  const int reason = is_folder ? errno : ENOTDIR;
  if (is_folder && writable) return missing.native();
  return fail_errno(reason, {"cannot make {}", "无法创建 {}"}, printable(missing.native()));
}

/// Connects and asks for the version. Nothing is made by a check.
Result<Found> try_database(const NamedDatabase& database) {
  Result<sql::Url> url = sql::Url::parse(database.address.url);
  if (!url) return fail(std::move(url).error());
  if (!url->password) url->password = database.address.password;
  Result<std::unique_ptr<sql::Connection>> connection = sql::connect(
      *url,
      {.connect_timeout = connect_timeout, .read_timeout = connect_timeout, .read_only = true});
  if (!connection && database.own && url->dialect == sql::Dialect::sqlite &&
      connection.error().kind == ErrorKind::not_found) {
    Result<std::string> missing = missing_part(url->path);
    if (!missing) return fail(std::move(missing).error());
    return Found{.to_make = std::move(*missing)};
  }
  if (!connection) return fail(std::move(connection).error());
  Result<sql::ServerInfo> server = (*connection)->server();
  if (!server) return fail(std::move(server).error());
  return Found{.server = server->product + " " + server->version};
}

void tell(const Context& context, const config::DatabaseAddress& address, const Found& found) {
  const std::string shown = config::redacted_url(address.url);
  if (found.to_make.empty())
    context.print(say({"connected: {} ({}, from {})", "连接正常：{}（{}，来自 {}）"}, shown,
                      found.server, address.where));
  else
    context.print(say({"will be created: {} (it is not there yet, from {}; {} is made by the first "
                       "run that needs it)",
                       "将会创建：{}（尚不存在，来自 {}；首次需要时会创建 {}）"},
                      shown, address.where, printable(found.to_make)));
}

Result<ExitCode> check(Context& context) {
  // That each setting by itself is right was found out when they were loaded.
  if (Result<void> times = check_job_times(context.settings); !times)
    return fail(std::move(times).error());
  if (const auto alerts = alert_options(context.settings); !alerts) return fail(alerts.error());
  const auto& file = context.settings.file();
  context.print(file ? say({"configuration is valid: {}", "配置有效：{}"}, *file)
                     : say({"configuration is valid: no file; environment and defaults",
                            "配置有效：无配置文件，取自环境变量和默认值"}));
  if (context.arguments.has("--offline")) return ExitCode::done;

  const auto databases = configured_databases(context);
  if (!databases) return fail(databases.error());
  std::optional<Error> failure;
  for (const NamedDatabase& database : *databases) {
    const config::DatabaseAddress& address = database.address;
    const std::string shown = config::redacted_url(address.url);
    Result<Found> found = try_database(database);
    if (context.json)
      context.world.out.json({{"message_type", "status"},
                              {"database", shown},
                              {"where", address.where},
                              {"connected", found && found->to_make.empty()},
                              {"will_be_created", found && !found->to_make.empty()},
                              {"server", found ? found->server : ""}});
    else if (found)
      tell(context, address, *found);
    if (found) continue;
    if (failure) report_error(*failure, {.language = context.language});
    failure = std::move(found).error().within({"{} ({})", "{}（{}）"}, shown, address.where);
  }
  if (failure) return fail(std::move(*failure));
  return ExitCode::done;
}

Result<ExitCode> reference(Context& context) {
  context.world.out.write(config_reference(config::option_groups(), context.language));
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
            .about = {"Reads flags, TIDEMARK_* variables and the file exactly as a run does, and "
                      "lists everything that is wrong. Exit code 2 means that the configuration is "
                      "wrong, 12 that a login was refused, 75 that a database did not answer.",
                      "与真实运行完全相同地读取选项、TIDEMARK_* "
                      "变量和配置文件，并列出全部问题。退出码 2 表示配置有误，12 "
                      "表示登录被拒绝，75 表示数据库无应答。"},
            .flags = {{.names = "--offline",
                       .text = {"Do not connect to anything", "不建立任何连接"}}},
            .examples = {{"tidemark config check --offline --config new.toml",
                          {"Look at a file before it is installed", "在启用前检查一个配置文件"}}},
            .run = check},
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
