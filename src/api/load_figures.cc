#include "api/load_figures.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "run/run_store.h"

namespace tidemark::api {
namespace {

constexpr std::string_view load_jobs = "load ";
/// The longest that a planned load waits for its next run is a week.
constexpr std::chrono::days looked_back{8};
/// More than all jobs of a shop make in that time; each scrape of the metrics reads them.
constexpr std::int64_t runs_max = 1'500;
constexpr std::size_t loads_max = 50;

constexpr std::array told = {"windows_failed",  "spans_unproven",  "gaps_open", "rows_rejected",
                             "days_missing",    "days_surplus",    "days_off",  "records_missing",
                             "records_surplus", "missed_by_rescan"};

/// The word behind a flag; empty without that flag.
std::string_view word_behind(std::string_view text, std::string_view flag) {
  const std::size_t at = text.find(flag);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + flag.size());
  return text.substr(0, text.find(' '));
}

}  // namespace

std::string load_mode_of(const std::string& command) {
  for (const std::string_view flag : {" --rescan ", " --rescan="})
    if (const std::string_view span = word_behind(command, flag); !span.empty())
      return "rescan " + std::string(span.substr(0, 16));
  if (command.contains(" --from")) return "range";
  if (command.contains(" --incremental") || command.contains(" -i")) return "incremental";
  return "usual";
}

std::vector<LoadFigures> load_figures(const std::vector<run::RunRecord>& runs) {
  std::vector<LoadFigures> loads;
  for (const run::RunRecord& run : runs) {
    LoadFigures load{.job = run.job,
                     .mode = load_mode_of(run.command),
                     .ended_at = run.ended_at.value_or(run.heartbeat_at),
                     .exit_code = run.exit_code.value_or(1)};
    const bool newer = std::ranges::any_of(loads, [&](const LoadFigures& known) {
      return known.job == load.job && known.mode == load.mode;
    });
    if (newer) continue;
    // What somebody spoilt by hand counts as nothing: these are figures for people.
    const auto counts = nlohmann::json::parse(run.counts, nullptr, false);
    if (counts.is_object()) {
      for (const char* name : told)
        if (const auto count = counts.find(name);
            count != counts.end() && count->is_number_integer())
          load.counts[name] = count->get<std::int64_t>();
      if (const auto upto = counts.find("complete_upto_unix");
          upto != counts.end() && upto->is_number_integer())
        load.watermark = upto->get<std::int64_t>();
    }
    loads.push_back(std::move(load));
    if (loads.size() == loads_max) break;
  }
  return loads;
}

Result<std::vector<LoadFigures>> read_load_figures(sql::Connection& connection, WallTime now) {
  const auto runs = run::RunStore(connection).ended(load_jobs, now - looked_back, runs_max);
  if (!runs) return fail(runs.error());
  return load_figures(*runs);
}

}  // namespace tidemark::api
