#include "cli/lines_report.h"

#include "base/bytes.h"
#include "base/exit_code.h"
#include "base/shell_word.h"

namespace tidemark::cli {
namespace {

using exporter::ExportSummary;
using exporter::TenantReport;

class Lines {
 public:
  Lines(const ExportSummary& summary, Language language) : summary_(summary), language_(language) {}

  std::string text(const std::string& redo) {
    add("INFO", say({"mode: {}", "运行模式: {}"}, incremental() ? "incremental" : "full"));
    heading("INFO", incremental() ? Message{"incremental export", "执行增量导出"}
                                  : Message{"full export", "执行全量导出"});
    if (summary_.boundary)
      add("INFO", say({"boundary: {}", "导出时间边界: {}"}, summary_.boundary->upto.text()));
    for (const TenantReport& tenant : summary_.tenants) add_tenant(tenant);
    for (const Error& error : summary_.errors) add_error(error);
    for (const Message& note : summary_.notes) add("WARNING", note);
    ending();
    if (!redo.empty() && code() != ExitCode::done)
      add("INFO", say({"to redo what failed: {}", "重做失败部分: {}"}, redo));
    return std::move(text_);
  }

 private:
  [[nodiscard]] bool incremental() const {
    return summary_.options.mode == exporter::Mode::incremental;
  }
  [[nodiscard]] ExitCode code() const { return summary_.exit_code(); }

  void add(std::string_view level, const Message& line) {
    text_ += fmt::format("[{}] {}\n", level, line.in(language_));
  }

  void heading(std::string_view level, const Message& line) {
    const std::string rule(42, '=');
    for (const Message& one : {Message{rule, rule}, line, Message{rule, rule}}) add(level, one);
  }

  void add_error(const Error& error) {
    add("ERROR", error.what);
    if (!error.hint.empty()) add("INFO", error.hint);
  }

  void add_tenant(const TenantReport& tenant) {
    const std::string name = printable(tenant.tenant);
    if (tenant.from == CivilTime::baseline()) {
      add("INFO", say({"tenant {}: first export, from {}", "租户 {}: 首次导出，基线时间: {}"}, name,
                      tenant.from.text()));
    } else {
      add("INFO", say({"tenant {}: {} -> {}", "租户 {}: {} -> {}"}, name, tenant.from.text(),
                      tenant.to.text()));
    }
    if (tenant.error) {
      add("ERROR", say({"tenant {}: {}", "租户 {}: {}"}, name, tenant.error->what.in(language_)));
    } else if (tenant.records == 0) {
      add("INFO", say({"tenant {}: nothing new", "租户 {}: 无新增数据"}, name));
    } else {
      add("SUCCESS",
          say({"tenant {}: {} new records", "租户 {}: 导出 {} 条新记录"}, name, tenant.records));
    }
  }

  /// `全量导出完成!`: only when all of it is.
  [[nodiscard]] std::pair<std::string_view, Message> verdict() const {
    const Message mode = incremental() ? Message{"incremental export", "增量导出"}
                                       : Message{"full export", "全量导出"};
    const auto ended = [&](std::string_view en, std::string_view zh) {
      return Message{fmt::format("{} {}", mode.en, en), fmt::format("{}{}", mode.zh, zh)};
    };
    const bool whole = code() == ExitCode::done;
    if (summary_.options.dry_run && (whole || code() == ExitCode::partial)) {
      if (!summary_.nothing_failed())
        return {"WARNING",
                ended("dry run incomplete: nothing was written", "试运行部分完成：未写入任何文件")};
      return {whole ? "SUCCESS" : "WARNING",
              ended("dry run complete: nothing was written", "试运行完成：未写入任何文件")};
    }
    if (summary_.stopped_by != 0) return {"WARNING", ended("stopped", "已中止")};
    switch (code()) {
      case ExitCode::done:
        return {"SUCCESS", ended("complete!", "完成!")};
      case ExitCode::partial:
        return {"WARNING", ended("incomplete", "部分完成")};
      default:
        return {"ERROR", ended("failed", "失败")};
    }
  }

  void ending() {
    const auto& [level, line] = verdict();
    heading(level, line);
    const std::uint64_t exported = summary_.rows_written + summary_.files_unchanged;
    if (incremental()) {
      add("INFO", say({"tenants: {}", "处理租户数: {}"}, summary_.tenants.size()));
      add("INFO", say({"exported: {} new records", "成功导出: {} 条新记录"}, exported));
      add("INFO", say({"state file: {0}/.export_state/.last_export_time",
                       "状态文件: {0}/.export_state/.last_export_time"},
                      summary_.options.output));
    } else {
      add("INFO", say({"tenants: {}", "租户数量: {}"}, summary_.tenants_total));
      add("INFO", say({"exported: {} records", "成功导出: {} 条记录"}, exported));
    }
    if (summary_.rejects_open > 0)
      add("WARNING", say({"{} records were set aside: tidemark export rejects list -o {}",
                          "{} 条记录被搁置：tidemark export rejects list -o {}"},
                         summary_.rejects_open, shell_quoted(summary_.options.output)));
  }

  const ExportSummary& summary_;
  Language language_;
  std::string text_;
};

}  // namespace

std::string lines_report(const ExportSummary& summary, Language language, const std::string& redo) {
  return Lines(summary, language).text(redo);
}

}  // namespace tidemark::cli
