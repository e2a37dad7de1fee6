#include "export/source_check.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/bytes.h"
#include "base/shell_word.h"
#include "export/index_aside.h"

namespace tidemark::exporter {
namespace {

constexpr std::chrono::hours zones_apart_max{26};

std::string key_text(const RecordedKey& key) {
  const std::string columns = printable(fmt::format("{}", fmt::join(key.columns, ", ")));
  return key.type.empty() ? columns : fmt::format("{}: {}", columns, key.type);
}

bool is_another_key(const SourceRecord& recorded, const SourceRecord& present) {
  return recorded.key && present.key && recorded.key->differs_from(*present.key);
}

Message other_key_note(const SourceRecord& recorded, const SourceRecord& present, bool dry_run) {
  const std::string before = key_text(*recorded.key);
  const std::string now = key_text(*present.key);
  return dry_run
             ? say({"the key changed, ({0}) -> ({1}): a run will put the index and the list of "
                    "accepted rejects aside (*{2}) and build the index anew from tree and database",
                    "主键已改变，({0}) -> ({1})：正式运行会移开索引和已接受拒收记录的清单（*{2}），"
                    "并根据目录和数据库重建索引"},
                   before, now, other_key_suffix)
             : say({"the key changed, ({0}) -> ({1}): the index and the list of accepted rejects "
                    "were put aside (*{2}); the index is built anew from tree and database",
                    "主键已改变，({0}) -> ({1})：索引和已接受拒收记录的清单已移开（*{2}），"
                    "并将根据目录和数据库重建索引"},
                   before, now, other_key_suffix);
}

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
  if (recorded.name && recorded.name != present.name && !options.confirm_source) {
    return fail(
        make_error(
            ErrorKind::invalid_config,
            {"{} holds the export '{}', not '{}': they would share watermarks, and each would "
             "miss rows",
             "{} 中是导出“{}”，而不是“{}”：两者共用水位会各自漏掉数据"},
            options.output, printable(*recorded.name), name)
            .with_hint({"give each export a folder of its own: export.{}.output (or -o); if it is "
                        "the same one under a new name, confirm once with --confirm-source",
                        "请为每个导出设置各自的目录：export.{}.output（或 -o）；若只是改了名，"
                        "请用 --confirm-source 确认一次"},
                       name));
  }
  if (is_another_key(recorded, present) && present.layout == "ndjson") {
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"the lines of the packed tree {} have the key ({}), now it is ({}): new lines "
                    "would not replace old ones",
                    "打包目录 {} 中各行的主键是 ({})，现在是 ({})：新行无法取代旧行"},
                   options.output, key_text(*recorded.key), key_text(*present.key))
            .with_hint({"export into a new folder: export.{}.output (or -o)",
                        "请导出到新的目录：export.{}.output（或 -o）"},
                       name));
  }
  if (is_another_key(recorded, present) && options.retried_rejects) {
    // By the new key nobody is on the list, and with the index put aside there is no list.
    const bool incremental = present.selection && !present.selection->update_time.empty();
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"the reject list of {} knows rows by the key ({}), now it is ({}): they cannot "
                    "be found by it",
                    "{} 的拒收清单按主键 ({}) 认行，现在主键是 ({})：无法据此找到这些行"},
                   options.output, key_text(*recorded.key), key_text(*present.key))
            .with_hint({"a run makes index and list anew, and tries every row that it reads: "
                        "tidemark export {}{} -o {}",
                        "请运行导出，它会重建索引和清单，并尝试所读的每一行：tidemark export {}{} "
                        "-o {}"},
                       shell_quoted(name), incremental ? " -i" : "", shell_quoted(options.output)));
  }
  return {};
}

/// What a reader of the notes is to see of one setting that changed.
void add_change(std::string_view setting, const std::string& before, const std::string& now,
                std::vector<std::string>& changes) {
  if (before == now) return;
  changes.push_back(fmt::format("{} '{}' -> '{}'", setting, printable(before), printable(now)));
}

std::vector<std::string> changes(const Selection& before, const Selection& now) {
  std::vector<std::string> changes;
  add_change("tenant_column", before.tenant, now.tenant, changes);
  add_change("status_column", before.status, now.status, changes);
  add_change("status_value", before.status_value, now.status_value, changes);
  add_change("update_time_column", before.update_time, now.update_time, changes);
  add_change("payload_column", before.payload, now.payload, changes);
  return changes;
}

void note_other_source(const SourceRecord& recorded, const SourceRecord& present,
                       std::vector<Message>& notes) {
  if (recorded.source != present.source) {
    notes.push_back(
        say({"the last run read {}, this one reads {}: every tenant is read from the beginning",
             "上次运行读取的是 {}，本次读取 {}：将从头读取所有租户"},
            recorded.source, present.source));
  }
  if (recorded.selection && recorded.selection != present.selection) {
    notes.push_back(
        say({"the settings of the export changed since the last run ({}): every tenant is read "
             "from the beginning",
             "自上次运行以来导出设置已改变（{}）：将从头读取所有租户"},
            fmt::join(changes(*recorded.selection, *present.selection), ", ")));
  }
}

void note_no_pruning(const SourceRecord& present, std::vector<Message>& notes) {
  if (present.prune_source != present.source) {
    notes.push_back(
        say({"this tree was exported from {}, now from {}; nothing is pruned until that "
             "is confirmed with --confirm-source",
             "该目录原导出自 {}，现为 {}；在用 --confirm-source 确认之前不会清理任何文件"},
            present.prune_source, present.source));
  }
  if (present.prune_selection != present.selection) {
    notes.push_back(
        say({"this tree holds what was exported with other settings ({}); nothing is pruned until "
             "that is confirmed with --confirm-source",
             "该目录中的内容是以其他设置导出的（{}）；在用 --confirm-source "
             "确认之前不会清理任何文件"},
            fmt::join(changes(*present.prune_selection, *present.selection), ", ")));
  }
}

/// One word confirms all that differs, perhaps more than whoever gave it had in mind.
void note_confirmed(const SourceRecord& recorded, const SourceRecord& present, bool dry_run,
                    std::vector<Message>& notes) {
  std::vector<std::string> confirmed;
  add_change("source", recorded.prune_source, present.source, confirmed);
  if (recorded.name && present.name) add_change("name", *recorded.name, *present.name, confirmed);
  if (recorded.prune_selection && present.selection) {
    std::ranges::move(changes(*recorded.prune_selection, *present.selection),
                      std::back_inserter(confirmed));
  }
  for (const std::string& change : confirmed) {
    notes.push_back(
        dry_run
            ? say({"a run will confirm, by --confirm-source: {}",
                   "正式运行将按 --confirm-source 确认：{}"},
                  change)
            : say({"confirmed by --confirm-source: {}", "已按 --confirm-source 确认：{}"}, change));
  }
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

Message padding_note(const std::string& output) {
  return say(
      {"{} began with the blanks that PostgreSQL fills short texts of CHAR columns up with "
       "(they are _ in its paths, where there are any), and goes on so; an export into a new "
       "folder (-o) is without them",
       "{} 开始时保留了 PostgreSQL 为 CHAR 列中较短文本补齐的空格（若有，在路径中显示为 "
       "_），因此继续保留；导出到新目录（-o）则不含这些空格"},
      output);
}

/// Of a tree whose record was lost the watermarks tell.
Result<bool> is_trimmed(const std::optional<SourceRecord>& recorded,
                        const std::string& state_directory) {
  // Of another database it has none.
  if (recorded)
    return recorded->trimmed ||
           (!recorded->source.empty() && !recorded->source.starts_with("postgres"));
  const Result<watermark::State> state = watermark::StateFile(state_directory).load();
  if (!state) return std::unexpected(state.error());
  return std::ranges::none_of(*state, [](const auto& line) { return line.first.ends_with(' '); });
}

}  // namespace

Result<SourceCheck> check_source(SourceRecord present, const ExportOptions& options,
                                 const std::string& name, const std::string& state_directory) {
  SourceCheck check;
  present.prune_source = present.source;
  present.prune_selection = present.selection;
  const Result<std::optional<SourceRecord>> loaded = SourceRecord::load(state_directory);
  if (!loaded) return std::unexpected(loaded.error());
  const std::optional<SourceRecord>& recorded = *loaded;
  if (!present.trimmed) {
    const Result<bool> trimmed = is_trimmed(recorded, state_directory);
    if (!trimmed) return std::unexpected(trimmed.error());
    present.trimmed = *trimmed;
    check.keeps_padding = !present.trimmed;
    if (check.keeps_padding && options.mode == Mode::full) {
      check.notes.push_back(padding_note(options.output));
    }
  }
  if (recorded) {
    if (Result<void> fits = check_fits(*recorded, present, options, name); !fits) {
      return fail(std::move(fits.error()));
    }
    check.is_another_key = is_another_key(*recorded, present);
    if (check.is_another_key) {
      check.notes.push_back(other_key_note(*recorded, present, options.dry_run));
    } else if (present.key && present.key->type.empty() && recorded->key) {
      present.key->type = recorded->key->type;
    }
    if (options.confirm_source) {
      note_confirmed(*recorded, present, options.dry_run, check.notes);
    } else {
      present.prune_source = recorded->prune_source;
      if (recorded->prune_selection) present.prune_selection = recorded->prune_selection;
    }
    check.may_prune =
        present.prune_source == present.source && present.prune_selection == present.selection;
    check.is_another_source = recorded->source != present.source ||
                              (recorded->selection && recorded->selection != present.selection);
    note_other_source(*recorded, present, check.notes);
    if (options.prune || check.is_another_source) note_no_pruning(present, check.notes);
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
