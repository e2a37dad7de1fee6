#include "cli/recording.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "base/log.h"
#include "base/parse_integer.h"
#include "base/system_call.h"
#include "base/text.h"
#include "config/source_url.h"
#include "run/state_folder.h"
#include "sql/url.h"

namespace tidemark::cli {
namespace {

constexpr int interval_seconds_max = 3600;

/// A terminal is no place for errors to be handled: what cannot be drawn is not drawn.
void draw(std::string_view bytes) { static_cast<void>(write_all(STDERR_FILENO, bytes)); }

run::ProgressMode progress_mode(const Context& context) {
  const std::string wanted = context.arguments.value("--progress").value_or("auto");
  if (wanted == "off") return run::ProgressMode::off;
  if (context.json) return run::ProgressMode::json;
  if (context.quiet) return run::ProgressMode::off;
  // Drawing needs a terminal even where a bar was asked for: never `\r` into a file.
  return context.terminal.errors ? run::ProgressMode::bar : run::ProgressMode::lines;
}

/// What the scripts before this one took. A wrong one is told, but stops no export.
std::chrono::milliseconds line_interval(const Context& context) {
  constexpr std::chrono::seconds usual{10};
  const std::string text = context.world.environment("PROGRESS_INTERVAL").value_or("");
  if (text.empty()) return usual;
  const auto seconds = parse_integer<int>(text);
  if (seconds && *seconds >= 1 && *seconds <= interval_seconds_max) {
    return std::chrono::seconds{*seconds};
  }
  const std::chrono::seconds used = seconds && *seconds > interval_seconds_max
                                        ? std::chrono::seconds{interval_seconds_max}
                                        : usual;
  log_line(LogLevel::warning,
           say({"PROGRESS_INTERVAL={} is no number of seconds from 1 to {}: every {} s it is",
                "PROGRESS_INTERVAL={} 不是 1 到 {} 之间的秒数：改为每 {} 秒"},
               printable(text), interval_seconds_max, used.count())
               .in(context.language));
  return used;
}

}  // namespace

Result<run::LedgerOptions> ledger_options(const Context& context) {
  Result<config::DatabaseAddress> address =
      config::state_database(context.settings, context.world.environment);
  if (!address) return fail(std::move(address));
  Result<sql::Url> url = sql::Url::parse(address->url);
  if (!url) return fail(std::move(url));
  if (!url->password) url->password = address->password;
  return run::LedgerOptions{
      .state = std::move(*url),
      .journal = run::state_folder(context.world.environment) / "journal.ndjson",
      .language = context.language};
}

run::ProgressOptions progress_options(const Context& context) {
  run::ProgressOptions options{
      .mode = progress_mode(context),
      .language = context.language,
      .line_interval = line_interval(context),
      .stopping = [&stop = context.world.stop] { return stop.requested(); }};
  switch (options.mode) {
    case run::ProgressMode::off:
      break;
    case run::ProgressMode::bar:
      options.write = draw;
      options.columns = [] { return terminal_columns(STDERR_FILENO, 80); };
      break;
    case run::ProgressMode::lines:
      options.write = [](std::string_view line) { log_line(LogLevel::info, line); };
      break;
    case run::ProgressMode::json:
      options.write = [&out = context.world.out](std::string_view line) { out.line(line); };
      break;
  }
  return options;
}

RecordedRun::RecordedRun(const Context& context, std::string job, run::CountsCallback counts) {
  Result<run::LedgerOptions> options = ledger_options(context);
  if (!options) {
    log_line(LogLevel::warning, say({"this run is not recorded: {}", "本次运行不会被记录：{}"},
                                    options.error().what.in(context.language))
                                    .in(context.language));
    return;
  }
  ledger_.emplace(std::move(*options), context.world.clock);
  run_.emplace(ledger_->begin(std::move(job), context.command_line, context.world.random,
                              std::move(counts)));
}

void RecordedRun::finish(run::RunEnd end) {
  if (run_) run_->finish(std::move(end));
}

run::RunStatus run_status(ExitCode code) {
  switch (code) {
    case ExitCode::done:
      return run::RunStatus::success;
    case ExitCode::partial:
      return run::RunStatus::partial;
    case ExitCode::interrupted:
    case ExitCode::terminated:
      return run::RunStatus::cancelled;
    default:
      return run::RunStatus::failed;
  }
}

run::RunEnd failed_end(const Context& context, const Error& error) {
  const ExitCode code = exit_code_for(error.kind, context.world.stop);
  return {.status = run_status(code), .error = error.what.en, .exit_code = static_cast<int>(code)};
}

}  // namespace tidemark::cli
