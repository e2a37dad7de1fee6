#include "export/summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/bytes.h"
#include "base/shell_word.h"
#include "run/figures.h"

namespace tidemark::exporter {
namespace {

using run::count_text;

std::string_view mode_name(Mode mode) { return mode == Mode::full ? "full" : "incremental"; }

std::string rejects_command(const ExportSummary& summary) {
  std::string command = "tidemark export rejects list";
  if (summary.name != "invoices") command += " --export " + summary.name;
  return command + " -o " + shell_quoted(summary.options.output);
}

}  // namespace

ExitCode ExportSummary::exit_code() const {
  if (stopped_by != 0) return exit_code_of_signal(stopped_by);
  if (!errors.empty() || files_failed > 0) {
    const bool nothing_done = rows_written + files_unchanged == 0 && groups_empty == 0;
    if (!nothing_done) return ExitCode::partial;
    for (const Error& error : errors) {
      if (error.kind == ErrorKind::unauthorized) return ExitCode::unauthorized;
      if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::timeout) {
        return ExitCode::retry_later;
      }
    }
    return ExitCode::failed;
  }
  // Rejects that somebody accepted do not count.
  return rejects_open > 0 || unrepaired() > 0 ? ExitCode::partial : ExitCode::done;
}

std::uint64_t ExportSummary::unrepaired() const {
  if (!options.sweep) return 0;
  std::uint64_t left = rows_gone - gone_removed + files_unknown - unknown_removed;
  if (!options.dry_run) return left;
  for (std::size_t kind = 0; kind < finding_kinds; ++kind) {
    if (static_cast<SweepFinding>(kind) == SweepFinding::beyond_watermark) continue;
    left += findings.counts[kind];
  }
  return left;
}

nlohmann::ordered_json findings_json(const SweepFindings& findings) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (std::size_t kind = 0; kind < finding_kinds; ++kind) {
    json[std::string(name(static_cast<SweepFinding>(kind)))] = findings.counts[kind];
  }
  return json;
}

std::string redo_command(const ExportSummary& s, const std::string& command_line) {
  constexpr std::size_t tenants_max = 10;
  if (s.exit_code() == ExitCode::done || command_line.empty()) return {};
  std::string command = command_line;
  std::size_t failed = 0;
  std::set<std::string> reasons;
  for (const TenantReport& tenant : s.tenants) {
    if (!tenant.error) continue;
    ++failed;
    command += " --tenant " + shell_quoted(tenant.tenant);
    reasons.insert(tenant.error->what.en);
  }
  // What is no tenant's fault, or was not tried, needs the whole command.
  const bool narrow = s.stopped_by == 0 && s.options.tenants.empty() && !s.options.limit &&
                      failed > 0 && failed <= tenants_max &&
                      std::ranges::all_of(s.errors, [&](const Error& error) {
                        return reasons.contains(error.what.en);
                      });
  return narrow ? command : command_line;
}

std::string summary_json(const ExportSummary& s, const std::string& command_line) {
  nlohmann::ordered_json json{
      {"message_type", "summary"},
      {"command", "export " + (s.options.sweep ? std::string("sweep") : s.name)},
      {"mode", mode_name(s.options.mode)},
      {"layout", s.options.layout == Layout::files ? "files" : "ndjson"},
      {"dry_run", s.options.dry_run},
      {"output", s.options.output},
      {"tenants_total", s.tenants_total},
      {"groups_total", s.groups_total},
      {"groups_ok", s.groups_ok},
      {"groups_failed", s.groups_failed},
      {"groups_empty", s.groups_empty},
      {"rows_read", s.rows_read},
      {"rows_written", s.rows_written},
      {"files_written", s.files_written},
      {"files_unchanged", s.files_unchanged},
      {"files_removed", s.files_removed},
      {"files_failed", s.files_failed},
      {"rejected", s.rejected},
      {"rejects_open", s.rejects_open},
      {"collisions", s.collisions},
      {"rows_gone", s.rows_gone},
      {"gone_removed", s.gone_removed},
      {"bytes_written", s.bytes_written},
      {"seconds", s.seconds},
  };
  if (s.boundary) {
    json["boundary"] = s.boundary->upto.text();
    json["database_now"] = s.boundary->now.text(3);
    json["held_back_by"] = nullptr;
    if (s.boundary->held_back_by) {
      json["held_back_by"] = {{"who", s.boundary->held_back_by->who},
                              {"since", s.boundary->held_back_by->since.text()}};
    }
    json["missing_grant"] = s.boundary->missing_grant;
  }
  if (s.options.sweep) {
    json["findings"] = findings_json(s.findings);
    json["finding_examples"] = nlohmann::ordered_json::array();
    for (const SweepFindings::Example& example : s.findings.examples) {
      json["finding_examples"].push_back(
          {{"finding", name(example.kind)}, {"key", example.key.text()}, {"path", example.path}});
    }
    json["files_unknown"] = s.files_unknown;
    json["unknown_removed"] = s.unknown_removed;
    json["unknown_examples"] = s.unknown_examples;
    json["files_foreign"] = s.files_foreign;
    json["foreign_examples"] = s.foreign_examples;
  }
  json["tenants"] = nlohmann::ordered_json::array();
  for (const TenantReport& tenant : s.tenants) {
    nlohmann::ordered_json entry{{"tenant", tenant.tenant},
                                 {"from", tenant.from.text()},
                                 {"to", tenant.to.text()},
                                 {"records", tenant.records},
                                 {"status", watermark::name(tenant.status)}};
    if (tenant.error) entry["error"] = tenant.error->what.en;
    json["tenants"].push_back(std::move(entry));
  }
  json["errors"] = nlohmann::ordered_json::array();
  for (const Error& error : s.errors) {
    json["errors"].push_back({{"kind", name(error.kind)}, {"message", error.what.en}});
  }
  json["notes"] = nlohmann::ordered_json::array();
  for (const Message& note : s.notes) json["notes"].push_back(note.en);
  if (const std::string redo = redo_command(s, command_line); !redo.empty()) json["redo"] = redo;
  json["exit_code"] = static_cast<int>(s.exit_code());
  // Tenants are the source's bytes; what is not UTF-8 shows as U+FFFD.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string summary_text(const ExportSummary& s, Language language,
                         const std::string& command_line) {
  const bool zh = language == Language::chinese;
  std::string text;
  const std::string rule(42, '=');
  const auto line = [&](std::string_view en, std::string_view chinese, const std::string& value) {
    text += fmt::format("{}: {}\n", zh ? chinese : en, value);
  };
  const auto heading = [&](std::string_view en, std::string_view chinese) {
    text += fmt::format("{0}\n{1}\n{0}\n", rule, zh ? chinese : en);
  };
  const ExitCode code = s.exit_code();
  if (s.stopped_by != 0) {
    heading("Export stopped; what is done is kept", "导出已中止，已完成的部分已保存");
  } else if (s.options.sweep && s.options.dry_run) {
    heading("Sweep: nothing was changed; repair with --apply",
            "巡检完成：未做任何改动；修复请加 --apply");
  } else if (s.options.dry_run) {
    heading("Dry run: nothing was written; a run would do this",
            "试运行完成：未写入任何文件；以下为实际运行将做的事");
  } else if (code == ExitCode::done && s.options.sweep) {
    heading("Sweep complete: what was found is repaired", "巡检完成：发现的问题已修复");
  } else if (code == ExitCode::done) {
    heading("Export complete!", "导出完成!");
  } else if (code == ExitCode::partial) {
    heading("Export incomplete", "导出部分完成");
  } else {
    heading("Export failed", "导出失败");
  }
  if (s.options.sweep) {
    const auto found = [&](SweepFinding kind) {
      return count_text(s.findings.counts[static_cast<std::size_t>(kind)]);
    };
    line("No update time", "无更新时间", found(SweepFinding::no_update_time));
    line("Changed without a newer update time", "已变化但更新时间未前移",
         found(SweepFinding::unmoved_update_time));
    line("Beyond the watermark (new, or updated again and again)", "在水位之后（新数据或频繁更新）",
         found(SweepFinding::beyond_watermark));
    line("File missing or different", "文件缺失或内容不符", found(SweepFinding::file_damaged));
    for (const SweepFindings::Example& example : s.findings.examples) {
      text += fmt::format("  {} {} {}\n", name(example.kind), printable(example.key.text()),
                          printable(example.path));
    }
    line("Files of no row", "不属于任何行的文件", count_text(s.files_unknown));
    for (const std::string& path : s.unknown_examples) {
      text += fmt::format("  {}\n", printable(path));
    }
    if (s.files_foreign > 0) {
      line("Files that are none of ours, left alone", "非导出文件（不处理）",
           count_text(s.files_foreign));
      for (const std::string& path : s.foreign_examples) {
        text += fmt::format("  {}\n", printable(path));
      }
    }
  }
  // The line that scripts look for since the first exporter: digits without commas.
  if (!s.options.dry_run) {
    const std::uint64_t exported = s.rows_written + s.files_unchanged;
    if (s.options.mode == Mode::full) {
      line("Exported", "成功导出", fmt::format("{} {}", exported, zh ? "条记录" : "records"));
    } else {
      line("Exported", "成功导出", fmt::format("{} {}", exported, zh ? "条新记录" : "new records"));
    }
  }
  line("Groups", "总分组数", count_text(s.groups_total));
  line("  ok", "成功分组", count_text(s.groups_ok));
  line("  failed", "失败分组", count_text(s.groups_failed));
  line("  empty", "无数据分组", count_text(s.groups_empty));
  line("Invoices", "总发票数", count_text(s.rows_read));
  line("Files written", "成功文件", count_text(s.files_written));
  line("Files unchanged", "未变化文件", count_text(s.files_unchanged));
  line("Files removed", "移除文件", count_text(s.files_removed));
  line("Files failed", "失败文件", count_text(s.files_failed));
  line("Rejected", "拒收记录", count_text(s.rejected));
  if (s.rejects_open != s.rejected) {
    line("Rejects still open", "待处理拒收", count_text(s.rejects_open));
  }
  if (s.collisions > 0) line("Name collisions", "重名文件", count_text(s.collisions));
  if (s.rows_gone > 0) {
    line("Deleted or voided at the source", "源端已删除或作废", count_text(s.rows_gone));
    for (const GoneRow& gone : s.gone_examples) text += fmt::format("  {}\n", printable(gone.path));
  }
  line("Bytes written", "写入字节", count_text(s.bytes_written));
  line("Output folder", "输出目录", s.options.output);
  line("Total time", "总耗时", fmt::format("{:.2f} {}", s.seconds, zh ? "秒" : "s"));
  if (s.rows_read > 0) {
    line("Mean time per invoice", "平均每张发票处理时间",
         fmt::format("{:.6f} {}", s.seconds / static_cast<double>(s.rows_read), zh ? "秒" : "s"));
  }
  if (s.boundary) {
    line("Boundary", "导出时间边界", s.boundary->upto.text());
    if (s.boundary->held_back_by) {
      line("  held back by", "  被阻挡于",
           fmt::format("{} ({} {})", s.boundary->held_back_by->who, zh ? "自" : "since",
                       s.boundary->held_back_by->since.text()));
    }
  }
  for (const TenantReport& tenant : s.tenants) {
    if (tenant.error) {
      line("Tenant failed", "失败租户",
           fmt::format("{}: {}", printable(tenant.tenant), tenant.error->what.in(language)));
    }
  }
  for (const GroupCount& group : s.failed_groups) {
    line(
        "Group failed", "失败分组",
        fmt::format("{} / {}: {}", printable(group.tenant), printable(group.country), group.error));
  }
  for (std::size_t i = 0; i < s.errors.size(); ++i) {
    const Message& hint = s.errors[i].hint;
    line("Error", "错误", s.errors[i].what.in(language));
    const bool last_of_its_kind =
        std::none_of(s.errors.begin() + static_cast<std::ptrdiff_t>(i) + 1, s.errors.end(),
                     [&](const Error& later) { return later.hint.en == hint.en; });
    if (!hint.empty() && last_of_its_kind) line("  next step", "  下一步", hint.in(language));
  }
  for (const Message& note : s.notes) line("Note", "提示", note.in(language));
  if (s.rejects_open > 0) {
    line("See the rejects with", "查看拒收记录", rejects_command(s));
  }
  if (const std::string redo = redo_command(s, command_line); !redo.empty()) {
    line("To redo what failed", "重做失败部分", redo);
  }
  text += rule + "\n";
  return text;
}

}  // namespace tidemark::exporter
