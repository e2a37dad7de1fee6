#include "cli/version_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/context.h"
#include "cli/version.h"

namespace tidemark::cli {
namespace {

Result<ExitCode> run(Context& context) {
  Output& out = context.world.out;
  if (context.json) {
    nlohmann::ordered_json line = {{"version", version()}, {"revision", revision()}};
    for (const auto& [component, number] : component_versions())
      line["built_with"][component] = number;
    out.json(line);
    return ExitCode::done;
  }
  out.line(version_line());
  if (context.arguments.has("--verbose"))
    for (const auto& [component, number] : component_versions())
      out.line(fmt::format("  {} {}", component, number));
  return ExitCode::done;
}

}  // namespace

Command version_command() {
  return {
      .name = "version",
      .summary = {"Print the version; with --verbose also those of compiler and libraries",
                  "显示版本；加 --verbose 同时显示编译器和各库的版本"},
      .run = run,
      .uses_settings = false,
  };
}

}  // namespace tidemark::cli
