#include "cli/report.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/log.h"

namespace tidemark::cli {
namespace {

nlohmann::ordered_json with_error(nlohmann::ordered_json line, const Error& error) {
  line["kind"] = name(error.kind);
  line["message"] = error.what.en;
  if (!error.hint.empty()) line["hint"] = error.hint.en;
  return line;
}

}  // namespace

void report_error(const Error& error, const ReportStyle& style) {
  const bool chinese = style.language == Language::chinese;
  const std::string& what = error.what.in(style.language);
  const std::string& hint = error.hint.in(style.language);
  if (style.json_log) {
    log_line(LogLevel::error, hint.empty() ? what : fmt::format("{} ({})", what, hint));
    return;
  }
  std::string label = chinese ? "错误：" : "error: ";
  if (style.colour) label = fmt::format("\033[31m{}\033[0m", label);
  std::string text = label + what + "\n";
  if (!hint.empty()) text += (chinese ? "提示：" : "hint: ") + hint + "\n";
  std::fputs(text.c_str(), stderr);
}

void report_error_line(Output& out, const Error& error) {
  out.json(with_error({{"message_type", "error"}}, error));
}

void report_exit_error(Output& out, const Error& error, ExitCode code) {
  out.json(with_error({{"message_type", "exit_error"}, {"code", static_cast<int>(code)}}, error));
}

}  // namespace tidemark::cli
