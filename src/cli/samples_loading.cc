#include "cli/samples_loading.h"

#include <atomic>
#include <nlohmann/json.hpp>

#include "cli/recording.h"
#include "run/figures.h"

namespace tidemark::cli {

Result<Loading> load_with_progress(const Context& context, samples::TableOptions table,
                                   std::optional<std::int64_t> expected, const LoadInvoices& load) {
  std::atomic<std::int64_t> written = 0;
  table.progress = [&written](std::int64_t rows) { written = rows; };
  const auto snapshot = [&] {
    return run::ProgressSnapshot{
        .records_done = static_cast<std::uint64_t>(written.load()),
        .records_total =
            expected ? std::optional(static_cast<std::uint64_t>(*expected)) : std::nullopt};
  };
  const SteadyTime start = context.world.clock.steady();
  run::ProgressDisplay display(progress_options(context), context.world.clock, snapshot);
  Result<samples::LoadedRows> rows = load(std::move(table));
  display.finish();
  if (!rows) return fail(std::move(rows));
  return Loading{.rows = *rows,
                 .elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
                     context.world.clock.steady() - start)};
}

nlohmann::ordered_json loading_json(std::string_view command, const std::string& database,
                                    const std::string& table, const Loading& loading) {
  return {{"message_type", "summary"},
          {"command", command},
          {"database", database},
          {"table", table},
          {"invoices", loading.rows.rows},
          {"payload_bytes", loading.rows.payload_bytes},
          {"stopped", loading.rows.stopped},
          {"seconds", static_cast<double>(loading.elapsed.count()) / 1000}};
}

void print_loading(const Context& context, const std::string& database, const std::string& table,
                   const Loading& loading) {
  const auto rows = static_cast<std::uint64_t>(loading.rows.rows);
  const std::string size = run::bytes_text(static_cast<std::uint64_t>(loading.rows.payload_bytes));
  context.print(
      {fmt::format("{} invoices with {} of JSON written to {} of {} in {}", run::count_text(rows),
                   size, table, database, run::duration_text(loading.elapsed, Language::english)),
       fmt::format("已将 {} 张发票（JSON 共 {}）写入 {} 的表 {}，用时 {}", run::count_text(rows),
                   size, database, table, run::duration_text(loading.elapsed, Language::chinese))});
}

ExitCode exit_code_of(const Context& context, const samples::LoadedRows& rows) {
  return rows.stopped ? exit_code_for(context.world.stop) : ExitCode::done;
}

}  // namespace tidemark::cli
