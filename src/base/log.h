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

/// Where the log goes: stderr, one line an entry, text or JSON (`{"time","level","message"}`).
/// Thread-safe. The one process-wide object besides signals, since every room writes to it; it
/// carries no state that anything depends on.
void configure_log(const LogOptions& options);

/// `line` in the reader's language, without a newline; control characters are shown as `\xNN`, so
/// that data (a tenant's name) cannot forge a line.
void log_line(LogLevel level, std::string_view line);

/// Called before and after each line, under the log's lock: a progress bar takes itself off the
/// screen and comes back. Pass empty functions to remove.
void set_log_brackets(std::function<void()> before, std::function<void()> after);

}  // namespace tidemark
