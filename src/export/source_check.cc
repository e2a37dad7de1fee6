#include "export/source_check.h"

#include <algorithm>

namespace tidemark::exporter {
namespace {

constexpr std::chrono::hours zones_apart_max{26};

Result<void> check_fits(const SourceRecord& recorded, const SourceRecord& present,
                        const ExportOptions& options, const std::string& name) {
  if (recorded.zone != present.zone && !options.confirm_zone) {
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"the watermarks of {} were taken in zone {}, now it is {}",
                    "{} 的水位是按时区 {} 记录的，现在是 {}"},
                   options.output, recorded.zone, present.zone)
            .with_hint({"if the column is written in the new zone from now on, confirm "
                        "with --confirm-zone (watermarks go back by a day); else set "
                        "export.{}.zone",
                        "若该列今后确以新时区写入，请用 --confirm-zone 确认（水位将回退一天）；"
                        "否则请设置 export.{}.zone"},
                       name));
  }
  if (!recorded.table.empty() && recorded.table != present.table) {
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"{} holds the export of table {}, not of {}", "{} 中是表 {} 的导出，而不是 {}"},
                   options.output, recorded.table, present.table)
            .with_hint({"give each export a folder of its own: export.{}.output",
                        "请为每个导出设置各自的目录：export.{}.output"},
                       name));
  }
  if (!recorded.layout.empty() && recorded.layout != present.layout) {
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"{} was exported with layout {}, not {}", "{} 是以 {} 布局导出的，而不是 {}"},
                   options.output, recorded.layout, present.layout)
            .with_hint({"export into another folder (-o), or with --layout {}",
                        "请导出到其他目录（-o），或使用 --layout {}"},
                       recorded.layout));
  }
  return {};
}

/// The marks as they are from now on, each `by` earlier, or nowhere; nothing to save in a dry run.
Result<std::optional<watermark::State>> step_back(const std::string& state_directory,
                                                  std::optional<std::chrono::hours> by,
                                                  bool dry_run) {
  const watermark::StateFile file(state_directory);
  Result<watermark::State> state = file.load();
  if (!state) return fail(std::move(state.error()));
  for (auto& [tenant, entry] : *state) {
    entry.mark = by ? std::max(CivilTime::baseline(), entry.mark - *by) : CivilTime::baseline();
  }
  if (dry_run) return std::move(*state);
  if (!state->empty()) {
    if (Result<void> saved = file.save(*state); !saved) return fail(std::move(saved.error()));
  }
  return std::nullopt;
}

}  // namespace

Result<SourceCheck> check_source(SourceRecord present, const ExportOptions& options,
                                 const std::string& name, const std::string& state_directory) {
  SourceCheck check;
  present.prune_source = present.source;
  const Result<std::optional<SourceRecord>> loaded = SourceRecord::load(state_directory);
  if (!loaded) return std::unexpected(loaded.error());
  const std::optional<SourceRecord>& recorded = *loaded;
  if (recorded) {
    if (Result<void> fits = check_fits(*recorded, present, options, name); !fits) {
      return fail(std::move(fits.error()));
    }
    if (!options.confirm_source) present.prune_source = recorded->prune_source;
    check.may_prune = present.prune_source == present.source;
    check.is_another_source = recorded->source != present.source;
    if (check.is_another_source) {
      check.notes.push_back(
          say({"the last run read {}, this one reads {}: every tenant is read from the beginning",
               "上次运行读取的是 {}，本次读取 {}：将从头读取所有租户"},
              recorded->source, present.source));
    }
    if (!check.may_prune && (options.prune || check.is_another_source)) {
      check.notes.push_back(
          say({"this tree was exported from {}, now from {}; nothing is pruned until that "
               "is confirmed with --confirm-source",
               "该目录原导出自 {}，现为 {}；在用 --confirm-source 确认之前不会清理任何文件"},
              present.prune_source, present.source));
    }
  }
  if (check.is_another_source || !recorded || recorded->zone != present.zone) {
    // Forgetting what the index covers is not enough: a full run covers all of it again, and the
    // marks of the other source would count.
    const auto by = check.is_another_source ? std::nullopt : std::optional(zones_apart_max);
    Result<std::optional<watermark::State>> state = step_back(state_directory, by, options.dry_run);
    if (!state) return fail(std::move(state.error()));
    check.stepped_back = std::move(*state);
  }
  if (recorded != present) check.to_remember = std::move(present);
  return check;
}

}  // namespace tidemark::exporter
