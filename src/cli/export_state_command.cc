#include "cli/export_state_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "cli/chosen_export.h"
#include "cli/export_import.h"
#include "cli/report.h"
#include "cli/text_table.h"
#include "export/state_admin.h"
#include "export/state_directory.h"
#include "export/tenants.h"
#include "run/figures.h"

namespace tidemark::cli {
namespace {

using exporter::StateView;

std::string age_text(const Context& context, const std::optional<std::chrono::seconds>& age) {
  if (!age) return "-";
  if (*age < std::chrono::seconds{0}) {
    return std::string(Wording{"in the future", "在未来"}.in(context.language));
  }
  return run::duration_text(*age, context.language);
}

nlohmann::ordered_json tenant_json(const StateView::Tenant& tenant) {
  const auto& state = tenant.state;
  nlohmann::ordered_json json{{"message_type", "tenant"}, {"tenant", tenant.tenant}};
  json["mark"] = state ? nlohmann::ordered_json(state->mark.text()) : nullptr;
  json["records"] = state ? nlohmann::ordered_json(state->records) : nullptr;
  json["status"] = state ? nlohmann::ordered_json(watermark::name(state->status)) : nullptr;
  json["age_seconds"] = tenant.age ? nlohmann::ordered_json(tenant.age->count()) : nullptr;
  json["indexed_upto"] = tenant.covered ? nlohmann::ordered_json(tenant.covered->text()) : nullptr;
  return json;
}

void show_json(const Context& context, const StateView& view) {
  for (const StateView::Tenant& tenant : view.tenants) context.world.out.json(tenant_json(tenant));
  for (const Error& error : view.damage) report_error_line(context.world.out, error);
  nlohmann::ordered_json json{{"message_type", "summary"},
                              {"command", "export state show"},
                              {"directory", view.directory},
                              {"zone", nullptr},
                              {"source", nullptr},
                              {"lock", nullptr},
                              {"lock_owner_alive", nullptr},
                              {"tenants", view.tenants.size()},
                              {"has_index", view.has_index},
                              {"files", view.files},
                              {"rejects_open", view.rejects_open},
                              {"rejects_accepted", view.rejects_accepted},
                              {"backups", view.backups}};
  if (view.source) {
    json["zone"] = view.source->zone;
    json["source"] = view.source->source;
    json["table"] = view.source->table;
    json["layout"] = view.source->layout;
  }
  if (view.lock) {
    json["lock"] = view.lock->text;
    json["lock_owner_alive"] = view.lock->alive;
  }
  json["exit_code"] = static_cast<int>(
      view.damage.empty() ? ExitCode::done
                          : exit_code_for(view.damage.front().kind, context.world.stop));
  context.world.out.json(json);
}

std::string covered_text(const Context& context, const StateView::Tenant& tenant) {
  if (!tenant.covered) return std::string(Wording{"no", "否"}.in(context.language));
  return std::string(Wording{"yes", "是"}.in(context.language));
}

void show_tenants(const Context& context, const StateView& view) {
  if (view.tenants.empty()) return;
  using enum TextTable::Align;
  TextTable table({left, left, right, left, right, left});
  const auto word = [&](Wording wording) { return std::string(wording.in(context.language)); };
  table.add({word({"TENANT", "租户"}), word({"WATERMARK", "水位"}), word({"RECORDS", "记录数"}),
             word({"STATUS", "状态"}), word({"AGE", "距今"}), word({"INDEXED", "已索引"})});
  for (const StateView::Tenant& tenant : view.tenants) {
    const auto& state = tenant.state;
    table.add({tenant.tenant.empty() ? word({"(empty)", "（空）"}) : tenant.tenant,
               state ? state->mark.text() : "-", state ? run::count_text(state->records) : "-",
               state ? std::string(watermark::name(state->status)) : "-",
               age_text(context, tenant.age), covered_text(context, tenant)});
  }
  context.world.out.write(table.text() + "\n");
}

void show_tree(const Context& context, const StateView& view) {
  context.print(say({"state:    {}", "状态：  {}"}, view.directory));
  if (view.source) {
    context.print(say({"zone:     {}", "时区：  {}"}, view.source->zone));
    context.print(
        say({"source:   {} {}", "数据源：{} {}"}, view.source->source, view.source->table));
  } else {
    context.print(say({"source:   none recorded; not yet exported by Tidemark",
                       "数据源：无记录；尚未由 Tidemark 导出"}));
  }
  if (!view.lock) {
    context.print(say({"lock:     free", "锁：    空闲"}));
  } else if (view.lock->alive) {
    context.print(say({"lock:     {}", "锁：    {}"}, view.lock->text));
  } else {
    context.print(say({"lock:     left by a process that is gone ({}); the next run takes over",
                       "锁：    由已退出的进程遗留（{}）；下次运行会接管"},
                      view.lock->text));
  }
  context.print(view.has_index
                    ? say({"index:    {0} {1}", "索引：  {0} 个文件"},
                          run::count_text(static_cast<std::uint64_t>(view.files)),
                          plural(static_cast<std::uint64_t>(view.files), "file", "files"))
                    : say({"index:    none; the next run makes it from tree and database",
                           "索引：  无；下次运行会根据目录和数据库生成"}));
  context.print(say({"rejects:  {} open, {} accepted", "拒绝：  {} 条未处理，{} 条已接受"},
                    view.rejects_open, view.rejects_accepted));
  context.print(view.backups.empty()
                    ? say({"backups:  none", "备份：  无"})
                    : say({"backups:  {}, the newest {}", "备份：  {} 个，最新 {}"},
                          view.backups.size(), view.backups.back()));
}

Result<ExitCode> show(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  const Result<StateView> view = exporter::view_state(chosen->output, context.world.clock);
  if (!view) return fail(view.error());
  if (context.json) {
    show_json(context, *view);
  } else {
    show_tenants(context, *view);
    show_tree(context, *view);
  }
  if (view->damage.empty()) return ExitCode::done;
  return fail(view->damage.front());
}

/// Before anybody is asked about a tree that is not there.
Result<void> require_state(const std::string& output) {
  return exporter::require_state(exporter::state_directory_of(output));
}

Result<ExitCode> reset(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  const std::vector<std::string>& named = context.arguments.values("TENANT");
  const bool all = context.arguments.has("--all");
  if (all == !named.empty()) {
    return fail(ErrorKind::usage, {"name tenants, or say --all", "请指定租户，或使用 --all"});
  }
  if (Result<void> exists = require_state(chosen->output); !exists) return fail(exists.error());
  const Result<bool> agreed = context.confirm(
      all ? say({"Reset all tenants of {}? The next incremental run reads everything again.",
                 "重置 {} 的全部租户？下次增量运行将重新读取全部数据。"},
                chosen->output)
          : say({"Reset {} of {}? The next incremental run reads all their rows again.",
                 "重置 {1} 的 {0}？下次增量运行将重新读取其全部数据。"},
                exporter::tenants_text(named.size()).in(context.language), chosen->output));
  if (!agreed) return fail(agreed.error());
  if (!*agreed) {
    context.print(say({"nothing was changed", "未作任何更改"}));
    return ExitCode::done;
  }
  const Result<std::size_t> removed = exporter::reset_state(
      chosen->output, all ? std::nullopt : std::optional(named), context.world.clock);
  if (!removed) return fail(removed.error());
  context.print(
      say({"{} reset; the state before is kept as a backup", "已重置 {}；之前的状态已备份"},
          exporter::tenants_text(*removed).in(context.language)));
  if (context.json) {
    context.world.out.json({{"message_type", "summary"},
                            {"command", "export state reset"},
                            {"tenants_reset", *removed},
                            {"exit_code", 0}});
  }
  return ExitCode::done;
}

Result<std::string> chosen_backup(const std::string& output,
                                  const std::optional<std::string>& named) {
  if (!named) return exporter::newest_whole_backup(output);
  if (Result<void> whole = exporter::check_backup(output, *named); !whole) {
    return fail(std::move(whole).error());
  }
  return *named;
}

Result<ExitCode> restore(Context& context) {
  const Result<ChosenExport> chosen = chosen_export(context);
  if (!chosen) return fail(chosen.error());
  // Who is asked should know what will be put in place.
  const Result<std::string> backup =
      chosen_backup(chosen->output, context.arguments.positional("BACKUP"));
  if (!backup) return fail(backup.error());
  const Result<bool> agreed = context.confirm(
      say({"Replace the state of {} by {}? The next incremental run goes by its watermarks.",
           "用 {1} 替换 {0} 的状态？下次增量运行将以其中的水位为准。"},
          chosen->output, printable(*backup)));
  if (!agreed) return fail(agreed.error());
  if (!*agreed) {
    context.print(say({"nothing was changed", "未作任何更改"}));
    return ExitCode::done;
  }
  const Result<void> restored =
      exporter::restore_state(chosen->output, *backup, context.world.clock);
  if (!restored) return fail(restored.error());
  context.print(
      say({"restored {}; what it replaced is kept as a backup", "已恢复 {}；被替换的状态已备份"},
          *backup));
  if (context.json) {
    context.world.out.json({{"message_type", "summary"},
                            {"command", "export state restore"},
                            {"backup", *backup},
                            {"exit_code", 0}});
  }
  return ExitCode::done;
}

std::vector<Flag> reset_flags() {
  std::vector<Flag> flags = tree_flags();
  flags.push_back(
      {.names = "--all",
       .text = {"All tenants, also of a damaged state file", "全部租户；状态文件损坏时也可用"}});
  return flags;
}

}  // namespace

Command export_state_command() {
  return {
      .name = "state",
      .summary = {"Show and mend what an export tree remembers", "查看和修复导出目录的状态"},
      .children =
          {{.name = "show",
            .summary = {"Watermarks, index, lock, rejects and backups of a tree",
                        "显示水位、索引、锁、拒收清单和备份"},
            .about = {"Reads only, and may be used while an export is at work.",
                      "只读，导出运行期间也可使用。"},
            .flags = tree_flags(),
            .examples = {{"tidemark export state show", {"The configured tree", "配置的目录"}}},
            .run = show},
           {.name = "reset",
            .summary = {"Forget the watermark of tenants: they are read again from the beginning",
                        "清除租户水位：将从头重新读取"},
            .about = {"No file of the tree is touched; those that are still right stay as they "
                      "are. The state is backed up first.",
                      "不改动目录中的任何文件；仍然正确的文件保持不变。操作前会备份状态。"},
            .flags = reset_flags(),
            .positionals = {{.name = "TENANT",
                             .required = false,
                             .repeated = true,
                             .text = {"Tenants to reset", "要重置的租户"}}},
            .examples = {{"tidemark export state reset 42 --yes", {"One tenant", "单个租户"}}},
            .run = reset},
           {.name = "restore",
            .summary = {"Put a backup of the state in place", "恢复状态备份"},
            .about = {"Asks before it replaces the present state, which is kept as a backup, too.",
                      "替换当前状态前会询问；被替换的状态同样会备份。"},
            .flags = tree_flags(),
            .positionals = {{.name = "BACKUP",
                             .required = false,
                             .text = {"File name of the backup; the newest whole one if omitted",
                                      "备份文件名；省略则取最新的完好备份"}}},
            .examples = {{"tidemark export state restore --yes", {"The newest one", "最新的备份"}}},
            .run = restore},
           export_import_command()},
  };
}

}  // namespace tidemark::cli
