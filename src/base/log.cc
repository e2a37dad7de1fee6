#include "base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/system_call.h"

namespace tidemark {
namespace {

/// Longer entries are cut; what a pipe writes in one piece (PIPE_BUF) is smaller still.
constexpr std::size_t line_bytes_max = std::size_t{16} * 1024;

struct Log {
  std::mutex mutex;
  std::atomic<LogLevel> level{LogLevel::info};
  LogFormat format = LogFormat::text;
  bool colour = false;
  std::function<void()> before;
  std::function<void()> after;
};

Log& the_log() {
  static Log log;
  return log;
}

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "error";
    case LogLevel::warning:
      return "warning";
    case LogLevel::info:
      return "info";
    case LogLevel::debug:
      return "debug";
  }
  return "unknown";
}

std::string_view colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return "\x1b[31m";
    case LogLevel::warning:
      return "\x1b[33m";
    case LogLevel::info:
      return "";
    case LogLevel::debug:
      return "\x1b[2m";
  }
  return "";
}

struct Now {
  std::tm fields{};
  int milliseconds = 0;
};

Now now(bool utc) {
  const auto time = std::chrono::system_clock::now();
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t stamp = std::chrono::system_clock::to_time_t(second);
  Now result;
  if (utc)
    ::gmtime_r(&stamp, &result.fields);
  else
    ::localtime_r(&stamp, &result.fields);
  result.milliseconds =
      static_cast<int>(std::chrono::floor<std::chrono::milliseconds>(time - second).count());
  return result;
}

std::string stamp(const Now& time, char between) {
  return fmt::format("{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}.{:03}", time.fields.tm_year + 1900,
                     time.fields.tm_mon + 1, time.fields.tm_mday, between, time.fields.tm_hour,
                     time.fields.tm_min, time.fields.tm_sec, time.milliseconds);
}

/// `line` is printable already: only quotes and backslashes are left to escape.
std::string json_line(LogLevel level, std::string_view line) {
  std::string text =
      fmt::format(R"({{"time":"{}Z","level":"{}","message":")", stamp(now(true), 'T'), name(level));
  for (const char c : line) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"}\n";
}

std::string text_line(LogLevel level, std::string_view line, bool colour) {
  const std::string time = stamp(now(false), ' ');
  const std::string_view shade = colour ? colour_of(level) : std::string_view{};
  return fmt::format("{} {}{}{} {}\n", time, shade, name(level), shade.empty() ? "" : "\x1b[0m",
                     line);
}

}  // namespace

void configure_log(const LogOptions& options) {
  Log& log = the_log();
  const std::scoped_lock lock{log.mutex};
  log.level.store(options.level, std::memory_order_relaxed);
  log.format = options.format;
  log.colour = options.colour;
}

bool log_enabled(LogLevel level) {
  return level <= the_log().level.load(std::memory_order_relaxed);
}

void log_line(LogLevel level, std::string_view line) {
  if (!log_enabled(level)) return;
  const std::string shown = printable(line, line_bytes_max);
  Log& log = the_log();
  const std::scoped_lock lock{log.mutex};
  const std::string entry =
      log.format == LogFormat::json ? json_line(level, shown) : text_line(level, shown, log.colour);
  if (log.before) log.before();
  // A log that cannot be written must not stop the work: what fails is dropped.
  static_cast<void>(write_all(STDERR_FILENO, entry));
  if (log.after) log.after();
}

void set_log_brackets(std::function<void()> before, std::function<void()> after) {
  Log& log = the_log();
  const std::scoped_lock lock{log.mutex};
  log.before = std::move(before);
  log.after = std::move(after);
}

}  // namespace tidemark
