#include "cli/frame.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/log.h"
#include "cli/help.h"
#include "cli/language.h"
#include "cli/parse.h"
#include "cli/redaction.h"
#include "cli/report.h"
#include "cli/version.h"

namespace tidemark::cli {
namespace {

constexpr std::size_t help_columns_max = 100;  // Longer lines are hard to read.

class Frame {
 public:
  Frame(const Program& program, std::span<const std::string> words, const World& world)
      : program_(program.command),
        defaults_(program.defaults),
        variables_(program.variables),
        words_(words),
        world_(world),
        language_(choose_language(words, world.environment, program.language)),
        terminal_(look_at_terminal(world.environment, mentions(words, "--no-color"))),
        json_(mentions(words, "--json")) {}

  ExitCode run() {
    Result<ExitCode> ended = run_command();
    ExitCode code = ended ? *ended : exit_code_for(ended.error().kind, world_.stop);
    if (!ended) report(ended.error(), code);
    if (const Result<void> lost = world_.out.failure(); !lost) {
      report_error(lost.error(), style());
      if (code == ExitCode::done) code = ExitCode::failed;
    }
    return code;
  }

 private:
  Result<ExitCode> run_command() {
    Result<Invocation> invocation = parse(program_, words_);
    if (!invocation) return fail(std::move(invocation));
    if (invocation->help) {
      show_help(*invocation);
      return ExitCode::done;
    }
    if (invocation->arguments.has("--version")) {
      world_.out.line(version_line());
      return ExitCode::done;
    }
    const Command& command = invocation->command();
    name_ = invocation->name();
    summarises_ = command.summarises;
    if (command.run == nullptr)
      return fail(
          make_error(ErrorKind::usage, {"'{}' needs a command", "“{}”之后需要一个命令"}, name_)
              .with_hint({"'{} --help' lists them", "命令列表见“{} --help”"}, name_));
    config::Settings settings;
    if (command.uses_settings) {
      Result<config::Settings> loaded = load_settings(load_request(*invocation));
      if (!loaded) return fail(std::move(loaded));
      settings = std::move(*loaded);
      // Now the file has spoken as well; flag and variable are in there, too.
      language_ = parse_language(settings.text("lang")).value_or(language_);
    }
    configure_log(log_options(settings, command.uses_settings));
    for (const Message& warning : settings.warnings())
      log_line(LogLevel::warning, warning.in(language_));
    Context context{.world = world_,
                    .program = program_,
                    .name = name_,
                    .arguments = invocation->arguments,
                    .settings = settings,
                    .language = language_,
                    .terminal = terminal_,
                    .json = json_,
                    .quiet = invocation->arguments.has("--quiet"),
                    .command_line = redacted_command_line(program_.name, words_)};
    return guarded(command, context);
  }

  /// The last net: an exception that got so far is a mistake of ours, but the run still ends in
  /// order, with a message and an exit code.
  static Result<ExitCode> guarded(const Command& command, Context& context) {
    try {
      return command.run(context);
    } catch (const std::exception& exception) {
      return fail(ErrorKind::io, {"unexpected failure: {}", "意外的失败：{}"}, exception.what());
    }
  }

  void show_help(const Invocation& invocation) const {
    const std::size_t columns = terminal_columns(STDOUT_FILENO, 80);
    world_.out.write(help_text(invocation.path, language_, std::min(columns, help_columns_max)));
  }

  config::LoadRequest load_request(Invocation& invocation) const {
    std::vector<std::pair<std::string, config::Setting>> given;
    for (const auto& [variable, key] : variables_)
      if (auto value = world_.environment(variable); value && !value->empty())
        given.emplace_back(key, config::Setting{.value = std::move(*value),
                                                .origin = config::Origin::environment,
                                                .where = variable});
    std::ranges::move(invocation.settings, std::back_inserter(given));
    return {.file = invocation.arguments.value("--config"),
            .defaults = defaults_,
            .flags = std::move(given),
            .environment = world_.environment,
            .environment_names = world_.environment_names};
  }

  /// All that is wrong is said at once; the last of it is the result.
  Result<config::Settings> load_settings(const config::LoadRequest& request) const {
    Result<config::Settings> loaded = config::Settings::load(request);
    if (loaded) return loaded;
    std::vector<Error> problems = config::Settings::problems(request);
    if (problems.empty()) return loaded;
    for (std::size_t i = 0; i + 1 < problems.size(); ++i) {
      report_error(problems[i], style());
      if (json_) report_error_line(world_.out, problems[i]);
    }
    return fail(std::move(problems.back()));
  }

  LogOptions log_options(const config::Settings& settings, bool loaded) {
    LogOptions options{.colour = terminal_.colour};
    if (!loaded) return options;
    const std::string& level = settings.text("log.level");
    options.level = level == "error"     ? LogLevel::error
                    : level == "warning" ? LogLevel::warning
                    : level == "debug"   ? LogLevel::debug
                                         : LogLevel::info;
    json_log_ = settings.text("log.format") == "json";
    options.format = json_log_ ? LogFormat::json : LogFormat::text;
    return options;
  }

  void report(const Error& error, ExitCode code) const {
    report_error(error, style());
    if (!json_) return;
    report_exit_error(world_.out, error, code);
    if (summarises_)
      world_.out.json({{"message_type", "summary"},
                       {"command", name_.substr(name_.find(' ') + 1)},
                       {"error", error.what.en},
                       {"exit_code", static_cast<int>(code)}});
  }

  ReportStyle style() const {
    return {.language = language_, .colour = terminal_.colour, .json_log = json_log_};
  }

  const Command& program_;
  const std::vector<std::pair<std::string, std::string>>& defaults_;
  const std::vector<std::pair<std::string, std::string>>& variables_;
  std::span<const std::string> words_;
  const World& world_;
  Language language_;
  Terminal terminal_;
  bool json_;
  bool json_log_ = false;
  std::string name_;
  bool summarises_ = false;
};

}  // namespace

ExitCode run_program(const Program& program, std::span<const std::string> words,
                     const World& world) {
  return Frame(program, words, world).run();
}

}  // namespace tidemark::cli
