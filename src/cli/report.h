#pragma once

#include "base/exit_code.h"
#include "base/result.h"
#include "cli/context.h"
#include "config/settings.h"

namespace tidemark::cli {

/// How a failure is shown, decided before settings are known.
struct ReportStyle {
  Language language = Language::english;
  bool colour = false;
  bool json_log = false;  ///< --log-format json: stderr holds JSON lines only.
};

/// Says on stderr what went wrong and what to do next.
void report_error(const Error& error, const ReportStyle& style);

/// `{"message_type":"error","kind":"invalid_config","message":"…","hint":"…"}`
void report_error_line(Output& out, const Error& error);

/// `{"message_type":"exit_error","code":2,"kind":"invalid_config","message":"…","hint":"…"}`
void report_exit_error(Output& out, const Error& error, ExitCode code);

}  // namespace tidemark::cli
