#include "cli/export_selftest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/chosen_export.h"
#include "cli/flag_value.h"
#include "export/selftest.h"

namespace tidemark::cli {
namespace {

using exporter::Selftest;

/// The lines of the old test script, which people know and grep.
class Lines {
 public:
  explicit Lines(const Context& context) : context_(context) {}

  void heading(std::string_view tag, const Message& text) const {
    const std::string rule(42, '=');
    line(tag, rule);
    line(tag, text.in(context_.language));
    line(tag, rule);
  }
  void line(std::string_view tag, std::string_view text) const {
    if (!context_.json) context_.world.out.line(fmt::format("[{}] {}", tag, text));
  }
  void begin(int number, const Message& name) const {
    const Message text = say({"test {}: {}", "测试{}: {}"}, number, name.in(context_.language));
    line("TEST", text.in(context_.language));
  }
  void end(int number, const Message& name, const Result<Message>& result) const {
    const Message& detail = result ? *result : result.error().what;
    if (context_.json) {
      context_.world.out.json({{"message_type", "test"},
                               {"number", number},
                               {"name", name.en},
                               {"passed", result.has_value()},
                               {"detail", detail.en}});
      return;
    }
    line(result ? "SUCCESS" : "ERROR",
         fmt::format("{} {} ({})", result ? "✓" : "✗", name.in(context_.language),
                     detail.in(context_.language)));
    if (!result && !result.error().hint.empty()) {
      line("INFO", "→ " + result.error().hint.in(context_.language));
    }
  }
  void totals(int passed) const {
    const int failed = Selftest::steps - passed;
    const auto word = [&](Wording wording) { return wording.in(context_.language); };
    heading("INFO", {"test results", "测试结果汇总"});
    line("INFO", fmt::format("{}: {}", word({"tests", "总测试数"}), Selftest::steps));
    line("SUCCESS", fmt::format("{}: {}", word({"passed", "通过"}), passed));
    line(failed > 0 ? "ERROR" : "INFO",
         fmt::format("{}: {}", word({"failed or not tried", "失败"}), failed));
    if (failed == 0) heading("SUCCESS", {"all tests passed!", "所有测试通过!"});
  }

 private:
  const Context& context_;
};

Result<ExitCode> play(Context& context) {
  const Result<std::string> name = chosen_name(context);
  if (!name) return fail(name.error());
  const Result<ExportSource> source = chosen_source(context, *name);
  if (!source) return fail(source.error());
  const Result<std::optional<std::int64_t>> limit = count_flag(context.arguments, "--limit", 1);
  if (!limit) return fail(limit.error());

  const Lines lines(context);
  Selftest selftest(
      {.connect = source->connect,
       .clock = context.world.clock,
       .stop = context.world.stop,
       .source = source->url.identity(),
       .tenants_max = *limit ? static_cast<std::uint64_t>(**limit) : Selftest::tenants_default,
       .on_begin = [&](int number, const Message& test) { lines.begin(number, test); },
       .on_end = [&](int number, const Message& test,
                     const Result<Message>& result) { lines.end(number, test, result); }},
      export_table(context.settings, *name), configured_options(context.settings, *name));
  lines.heading("INFO", {"test of the incremental export", "增量导出功能测试开始"});
  const Result<int> passed = selftest.run();
  if (!passed) return fail(passed.error());
  lines.totals(*passed);
  ExitCode code = *passed == Selftest::steps ? ExitCode::done : ExitCode::failed;
  if (context.world.stop.requested()) code = exit_code_for(context.world.stop);
  if (context.json) {
    context.world.out.json({{"message_type", "summary"},
                            {"command", "export selftest"},
                            {"tests", Selftest::steps},
                            {"passed", *passed},
                            {"exit_code", static_cast<int>(code)}});
  }
  return code;
}

std::vector<Flag> selftest_flags() {
  std::vector<Flag> flags = tree_and_source_flags();
  std::erase_if(flags, [](const Flag& flag) { return flag.long_name() == "--output-dir"; });
  flags.push_back({.names = "-l,--limit",
                   .kind = FlagKind::value,
                   .placeholder = "N",
                   .fallback = "3",
                   .text = {"Tenants that take part, each with its newest 1,000 rows",
                            "参与测试的租户数，每个租户取最新的 1,000 行"}});
  return flags;
}

}  // namespace

Command export_selftest_command() {
  return {
      .name = "selftest",
      .summary = {"Play an export through against the configured source",
                  "针对配置的数据源完整演练一次导出"},
      .about =
          {"Eight tests: configuration, first incremental run, form of the state, run without "
           "news, dry run, lock, full run, backup. Everything is written to a temporary folder "
           "(TMPDIR) that is removed at the end; the source is only read.",
           "八项测试：配置、首次增量、状态格式、无新数据、试运行、并发锁、全量、备份。所有内容写入"
           "临时目录（TMPDIR），结束后删除；数据源只读。"},
      .flags = selftest_flags(),
      .examples = {{"tidemark export selftest", {"Before it goes into cron", "放入 cron 之前"}}},
      .run = play,
      .summarises = true,
  };
}

}  // namespace tidemark::cli
