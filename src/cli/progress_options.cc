#include "cli/progress_options.h"

#include <unistd.h>

#include "base/log.h"
#include "cli/terminal.h"
#include "config/value.h"

namespace tidemark::cli {
namespace {

constexpr std::chrono::seconds line_interval_default{10};
constexpr std::chrono::seconds line_interval_max{86'400};

std::chrono::seconds line_interval(const Context& context) {
  const std::optional<std::string> variable = context.world.environment("PROGRESS_INTERVAL");
  const std::optional<std::int64_t> seconds =
      variable ? config::parse_integer(*variable) : std::nullopt;
  if (!seconds || *seconds < 1) return line_interval_default;
  return std::min(std::chrono::seconds{*seconds}, line_interval_max);
}

run::ProgressMode mode(const Context& context) {
  const std::string wanted = context.arguments.value("--progress").value_or("auto");
  if (context.quiet || wanted == "off") return run::ProgressMode::off;
  if (context.json) return run::ProgressMode::json;
  if (context.terminal.errors || wanted == "on") return run::ProgressMode::bar;
  return run::ProgressMode::lines;
}

}  // namespace

run::ProgressOptions progress_options(const Context& context) {
  run::ProgressOptions options{
      .mode = mode(context), .language = context.language, .line_interval = line_interval(context)};
  switch (options.mode) {
    case run::ProgressMode::off:
      break;
    case run::ProgressMode::json:
      options.write = [&out = context.world.out](std::string_view line) { out.line(line); };
      break;
    case run::ProgressMode::bar:
      options.columns = [] { return terminal_columns(STDERR_FILENO, 80); };
      options.write = [](std::string_view bytes) {
        static_cast<void>(!::write(STDERR_FILENO, bytes.data(), bytes.size()));
      };
      break;
    case run::ProgressMode::lines:
      options.write = [](std::string_view line) { log_line(LogLevel::info, line); };
      break;
  }
  return options;
}

}  // namespace tidemark::cli
