#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/shell_word.h"
#include "export/summary.h"
#include "run/figures.h"

namespace tidemark::exporter {
namespace {

using run::count_text;

std::string rejects_command(const ExportSummary& summary) {
  std::string command = "tidemark export rejects list";
  if (summary.name != "invoices") command += " --export " + summary.name;
  return command + " -o " + shell_quoted(summary.options.output);
}

/// The table for people, line by line.
class SummaryText {
 public:
  SummaryText(const ExportSummary& summary, Language language)
      : s_(summary), language_(language), chinese_(language == Language::chinese) {}

  std::string write(const std::string& command_line) {
    heading();
    if (s_.options.sweep) findings();
    counts();
    boundary();
    failures();
    for (const Message& note : s_.notes) line("Note", "提示", note.in(language_));
    next_steps(command_line);
    text_ += rule_ + "\n";
    return std::move(text_);
  }

 private:
  void line(std::string_view en, std::string_view zh, const std::string& value) {
    text_ += fmt::format("{}: {}\n", in(en, zh), value);
  }
  void line(std::string_view en, std::string_view zh, std::uint64_t count) {
    line(en, zh, count_text(count));
  }
  void example(const std::string& words) { text_ += fmt::format("  {}\n", words); }
  [[nodiscard]] std::string_view in(std::string_view en, std::string_view zh) const {
    return chinese_ ? zh : en;
  }

  void heading() {
    const ExitCode code = s_.exit_code();
    const auto put = [this](std::string_view en, std::string_view zh) {
      text_ += fmt::format("{0}\n{1}\n{0}\n", rule_, in(en, zh));
    };
    if (s_.stopped_by != 0) {
      put("Export stopped; what is done is kept", "导出已中止，已完成的部分已保存");
    } else if (s_.options.sweep && s_.options.dry_run) {
      put("Sweep: nothing was changed; repair with --apply",
          "巡检完成：未做任何改动；修复请加 --apply");
    } else if (s_.options.dry_run) {
      put("Dry run: nothing was written; a run would do this",
          "试运行完成：未写入任何文件；以下为实际运行将做的事");
    } else if (code == ExitCode::done && s_.options.sweep) {
      put("Sweep complete: what was found is repaired", "巡检完成：发现的问题已修复");
    } else if (code == ExitCode::done) {
      put("Export complete!", "导出完成!");
    } else if (code == ExitCode::partial) {
      put("Export incomplete", "导出部分完成");
    } else {
      put("Export failed", "导出失败");
    }
  }

  void findings() {
    const auto found = [this](SweepFinding kind) {
      return s_.findings.counts[static_cast<std::size_t>(kind)];
    };
    line("No update time", "无更新时间", found(SweepFinding::no_update_time));
    line("Changed without a newer update time", "已变化但更新时间未前移",
         found(SweepFinding::unmoved_update_time));
    line("Beyond the watermark (new, or updated again and again)", "在水位之后（新数据或频繁更新）",
         found(SweepFinding::beyond_watermark));
    line("Stamped more than a day ahead", "更新时间超前一天以上",
         found(SweepFinding::future_update_time));
    line("File missing or different", "文件缺失或内容不符", found(SweepFinding::file_damaged));
    for (const SweepFindings::Example& seen : s_.findings.examples) {
      example(fmt::format("{} {} {}", name(seen.kind), printable(seen.key.text()),
                          printable(seen.path)));
    }
    line("Files of no row", "不属于任何行的文件", s_.files_unknown);
    for (const std::string& path : s_.unknown_examples) example(printable(path));
    if (s_.files_foreign == 0) return;
    line("Files that are none of ours, left alone", "非导出文件（不处理）", s_.files_foreign);
    for (const std::string& path : s_.foreign_examples) example(printable(path));
  }

  void counts() {
    // The line that scripts look for since the first exporter: digits without commas.
    if (!s_.options.dry_run) {
      const bool full = s_.options.mode == Mode::full;
      line("Exported", "成功导出",
           fmt::format("{} {}", s_.rows_written + s_.files_unchanged,
                       full ? in("records", "条记录") : in("new records", "条新记录")));
    }
    line("Groups", "总分组数", s_.groups_total);
    line("  ok", "成功分组", s_.groups_ok);
    line("  failed", "失败分组", s_.groups_failed);
    line("  empty", "无数据分组", s_.groups_empty);
    line("Invoices", "总发票数", s_.rows_read);
    line("Files written", "成功文件", s_.files_written);
    line("Files unchanged", "未变化文件", s_.files_unchanged);
    line("Files removed", "移除文件", s_.files_removed);
    line("Files failed", "失败文件", s_.files_failed);
    line("Rejected", "拒收记录", s_.rejected);
    if (s_.rejects_open != s_.rejected) line("Rejects still open", "待处理拒收", s_.rejects_open);
    if (s_.collisions > 0) line("Name collisions", "重名文件", s_.collisions);
    if (s_.rows_gone > 0) {
      line("Deleted or voided at the source", "源端已删除或作废", s_.rows_gone);
      for (const GoneRow& gone : s_.gone_examples) example(printable(gone.path));
    }
    line("Bytes written", "写入字节", s_.bytes_written);
    line("Output folder", "输出目录", s_.options.output);
    line("Total time", "总耗时", fmt::format("{:.2f} {}", s_.seconds, in("s", "秒")));
    if (s_.rows_read == 0) return;
    line("Mean time per invoice", "平均每张发票处理时间",
         fmt::format("{:.6f} {}", s_.seconds / static_cast<double>(s_.rows_read), in("s", "秒")));
  }

  void boundary() {
    if (!s_.boundary) return;
    line("Boundary", "导出时间边界", s_.boundary->upto.text());
    if (!s_.boundary->held_back_by) return;
    line("  held back by", "  被阻挡于",
         fmt::format("{} ({} {})", s_.boundary->held_back_by->who.in(language_), in("since", "自"),
                     s_.boundary->held_back_by->since.text()));
  }

  void failures() {
    for (const TenantReport& tenant : s_.tenants) {
      if (!tenant.error) continue;
      line("Tenant failed", "失败租户",
           fmt::format("{}: {}", printable(tenant.tenant), tenant.error->what.in(language_)));
    }
    for (const GroupCount& group : s_.failed_groups) {
      line("Group failed", "失败分组",
           fmt::format("{} / {}: {}", printable(group.tenant), printable(group.country),
                       group.error.in(language_)));
    }
    for (std::size_t i = 0; i < s_.errors.size(); ++i) {
      const Message& hint = s_.errors[i].hint;
      line("Error", "错误", s_.errors[i].what.in(language_));
      const bool last_of_its_kind =
          std::none_of(s_.errors.begin() + static_cast<std::ptrdiff_t>(i) + 1, s_.errors.end(),
                       [&](const Error& later) { return later.hint.en == hint.en; });
      if (!hint.empty() && last_of_its_kind) line("  next step", "  下一步", hint.in(language_));
    }
  }

  void next_steps(const std::string& command_line) {
    if (s_.rejects_open > 0) line("See the rejects with", "查看拒收记录", rejects_command(s_));
    const std::string redo = redo_command(s_, command_line);
    if (redo.empty()) return;
    if (s_.options.sweep && s_.nothing_failed()) {
      line("To repair it", "修复", redo);
    } else {
      line("To redo what failed", "重做失败部分", redo);
    }
  }

  const ExportSummary& s_;
  const Language language_;
  const bool chinese_;
  const std::string rule_ = std::string(42, '=');
  std::string text_;
};

}  // namespace

std::string summary_text(const ExportSummary& summary, Language language,
                         const std::string& command_line) {
  return SummaryText(summary, language).write(command_line);
}

}  // namespace tidemark::exporter
