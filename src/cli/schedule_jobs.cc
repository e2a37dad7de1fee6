#include "cli/schedule_jobs.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "cli/command.h"
#include "cli/parse.h"
#include "config/key.h"
#include "config/schedule_options.h"
#include "config/source_url.h"
#include "load/platforms.h"
#include "run/schedule.h"

namespace tidemark::cli {
namespace {

enum class Needs { shop, export_source };

/// What a job of config::scheduled_jobs() is for this program.
struct JobCommand {
  std::string_view name;
  std::string_view words;  ///< `{rescan}`, `{platform}`: the settings load.rescan, load.platform.
  Needs needs;
  /// What of the shop it reads. The jobs that read one shop share its limit of requests: they are
  /// one group.
  std::optional<load::StreamKind> stream{};
  /// Its first run may take hours, and each goes on where it was stopped. Those that give way come
  /// in the order of this list: a history never goes before what is fresh.
  bool gives_way = false;
  /// What it leaves undecided is decided by a later run, once more was read.
  bool partial_is_usual = false;
};

using enum load::StreamKind;
constexpr std::array commands = {
    JobCommand{"load-orders", "load orders --rescan 1d", Needs::shop, orders},
    JobCommand{"load-orders-rescan", "load orders --rescan {rescan}", Needs::shop, orders},
    JobCommand{"load-aftersales", "load aftersales", Needs::shop, aftersales, true},
    JobCommand{"load-live", "load live", Needs::shop, live},
    JobCommand{"load-users", "load users", Needs::shop, users, true},
    JobCommand{"load-products", "load products", Needs::shop, products},
    JobCommand{"load-orders-deep", "load orders --rescan 90d", Needs::shop, orders},
    JobCommand{"load-history", "load orders --incremental", Needs::shop, orders, true},
    JobCommand{.name = "load-benefits",
               .words = "load benefits --platform {platform}",
               .needs = Needs::shop,
               .partial_is_usual = true},
    JobCommand{"export-sweep", "export sweep", Needs::export_source},
};

/// Without them a program would ask, or write for a terminal.
constexpr std::array process_words = {"--json", "--progress", "off", "--no-input"};

/// What only a hub needs.
constexpr std::array withheld = {"TIDEMARK_ADMIN_TOKEN", "TIDEMARK_MASTER_KEY", "TIDEMARK_TOKEN"};

/// Files are loaded by hand, each under a name of its own.
bool can_be_asked(const load::Platform& platform) { return !platform.url_setting().empty(); }

std::vector<std::string> words_of(const JobCommand& command, const config::Settings& settings) {
  std::vector<std::string> words(1);
  for (const char letter : command.words) {
    if (letter == ' ')
      words.emplace_back();
    else
      words.back() += letter;
  }
  std::ranges::replace(words, std::string("{rescan}"), settings.text("load.rescan"));
  const auto place = std::ranges::find(words, std::string("{platform}"));
  if (place == words.end()) return words;
  const load::Platform* platform = load::platform_named(settings.text("load.platform"));
  if (platform != nullptr && !can_be_asked(*platform))
    words.erase(place - 1, place + 1);  // `--platform`: those of all files.
  else
    *place = settings.text("load.platform");
  return words;
}

bool is_known(const Command& program, std::vector<std::string> words) {
  words.insert(words.end(), process_words.begin(), process_words.end());
  const Result<Invocation> understood = parse(program, words);
  return understood && understood->command().run != nullptr;
}

/// Why the shop cannot be read, or this of it; empty: it can.
Message why_not_loaded(const config::Settings& settings,
                       const std::optional<load::StreamKind>& stream) {
  const std::string& name = settings.text("load.platform");
  const load::Platform* platform = load::platform_named(name);
  if (platform == nullptr)
    return say({"not configured: no platform is called '{}'", "未配置：没有名为“{}”的平台"},
               printable(name));
  // What is derived from the warehouse needs no shop that can be asked.
  if (!stream && !can_be_asked(*platform)) return {};
  if (const Message why = platform->unconfigured(settings); !why.empty())
    return {"not configured: " + why.en, "未配置：" + why.zh};
  if (!stream || std::ranges::count(platform->streams(), *stream) > 0) return {};
  const Message title = load::title(*stream);
  return {fmt::format("{} offers no {}", name, title.en),
          fmt::format("{} 不提供{}", name, title.zh)};
}

/// Empty: it may run.
Message why_disabled(const Context& context, const JobCommand& command) {
  const config::Settings& settings = context.settings;
  if (!settings.boolean("schedule.enabled"))
    return say({"schedule.enabled is false", "schedule.enabled 为 false"});
  const std::string enabled = config::job_key(command.name, "enabled");
  if (!settings.boolean(enabled)) return say({"{} is false", "{} 为 false"}, enabled);
  switch (command.needs) {
    case Needs::shop:
      return why_not_loaded(settings, command.stream);
    case Needs::export_source:
      if (settings.text(config::concrete_key("export.*.source", "invoices")).empty() &&
          !config::common_source(settings, context.world.environment))
        return say({"not configured: there is no source", "未配置：缺少数据源 source"});
      if (settings.text(config::concrete_key("export.*.layout", "invoices")) == "ndjson")
        return say({"layout ndjson has no index of its rows to sweep by",
                    "ndjson 布局没有逐行索引，无法巡检"});
      return {};
  }
  return {};
}

std::chrono::seconds seconds_of(const config::Settings& settings, const std::string& key) {
  return std::chrono::ceil<std::chrono::seconds>(settings.duration(key));
}

/// The rule of a job, and the settings that its parts come from.
struct JobRule {
  run::ScheduleRule rule;
  std::string cron;
  std::string zone;
};

JobRule rule_of(const config::Settings& settings, std::string_view job) {
  std::string cron = config::job_key(job, "cron");
  std::string zone = config::job_key(job, "time_zone");
  if (settings.text(zone).empty()) zone = "schedule.time_zone";
  return {.rule = {.cron = settings.text(cron),
                   .time_zone = settings.text(zone),
                   .jitter = seconds_of(settings, config::job_key(job, "jitter"))},
          .cron = std::move(cron),
          .zone = std::move(zone)};
}

/// What is wrong with a rule.
struct RuleFault {
  std::string key;  ///< The setting that is wrong.
  Error error;
};

std::optional<RuleFault> fault_of(const config::Settings& settings, const JobRule& rule) {
  const auto timing = run::Timing::make(rule.rule);
  if (timing) return std::nullopt;
  const std::string& key = timing.error().what.en.starts_with("time_zone") ? rule.zone : rule.cron;
  return RuleFault{
      .key = key,
      .error =
          Error(timing.error()).within({"{}: {}", "{}：{}"}, settings.setting(key).where, key)};
}

}  // namespace

Result<std::vector<run::Job>> scheduled_jobs(const Context& context) {
  std::vector<run::Job> jobs;
  for (const config::ScheduledJob& job : config::scheduled_jobs()) {
    const auto command = std::ranges::find(commands, job.name, &JobCommand::name);
    if (command == commands.end()) continue;
    std::vector<std::string> words = words_of(*command, context.settings);
    if (!is_known(context.program, words)) continue;
    JobRule rule = rule_of(context.settings, job.name);
    if (auto fault = fault_of(context.settings, rule)) return fail(std::move(fault->error));
    Message why = why_disabled(context, *command);
    const bool enabled = why.empty();
    jobs.push_back(
        {.name = std::string(job.name),
         .summary = {std::string(job.en), std::string(job.zh)},
         .command = std::move(words),
         .group = command->stream ? context.settings.text("load.platform") : std::string(),
         .gives_way = command->gives_way,
         .partial_is_usual = command->partial_is_usual,
         .enabled = enabled,
         .why_disabled = std::move(why),
         .rule = std::move(rule.rule),
         .duration_max = seconds_of(context.settings, config::job_key(job.name, "duration_max"))});
  }
  return jobs;
}

Result<void> check_job_times(const config::Settings& settings) {
  for (const config::ScheduledJob& job : config::scheduled_jobs()) {
    std::optional<RuleFault> fault = fault_of(settings, rule_of(settings, job.name));
    if (!fault || settings.setting(fault->key).origin == config::Origin::fallback) continue;
    return fail(std::move(fault->error));
  }
  return {};
}

run::ProcessOptions job_process(const Context& context) {
  std::map<std::string, std::string> variables;
  for (const std::string& name : context.world.environment_names)
    if (auto value = context.world.environment(name)) variables[name] = std::move(*value);
  const auto remove = [&variables](const std::string& name) {
    variables.erase(name);
    variables.erase(name + "_FILE");
  };
  for (const char* name : withheld) remove(name);
  for (const std::string& key : config::concrete_keys(context.settings.exports())) {
    const config::Setting& setting = context.settings.setting(key);
    if (setting.origin != config::Origin::flag) continue;
    remove(config::variable_of(key));
    variables[config::variable_of(key)] = setting.value;
  }
  if (const auto file = context.arguments.value("--config")) variables["TIDEMARK_CONFIG"] = *file;
  run::ProcessOptions options{.words = {process_words.begin(), process_words.end()}};
  for (const auto& [name, value] : variables)
    options.environment.push_back(fmt::format("{}={}", name, value));
  return options;
}

}  // namespace tidemark::cli
