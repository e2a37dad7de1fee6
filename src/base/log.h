#pragma once

#include <functional>
#include <string_view>

namespace tidemark {

enum class LogLevel { error, warning, info, debug };
enum class LogFormat { text, json };

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  bool colour = false;
};

/// Where the log goes: stderr, one line an entry, written at once. As text (the machine's zone)
/// `2025-12-03 17:04:06.123 warning message`, or as JSON (UTC)
/// `{"time":"2025-12-03T09:04:06.123Z","level":"warning","message":"…"}`.
/// Thread-safe. The one process-wide object besides signals, since every room writes to it; it
/// carries no state that anything depends on.
void configure_log(const LogOptions& options);

/// Whether a line of that level would be written; saves building it.
[[nodiscard]] bool log_enabled(LogLevel level);

/// `line` in the reader's language, without a newline; control characters are shown as `\xNN`, so
/// that data (a tenant's name) cannot forge a line.
void log_line(LogLevel level, std::string_view line);

/// Called before and after each line, under the log's lock: a progress bar takes itself off the
/// screen and comes back. They must not log. Pass empty functions to remove.
void set_log_brackets(std::function<void()> before, std::function<void()> after);

}  // namespace tidemark
