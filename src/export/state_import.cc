#include "export/state_import.h"

#include <algorithm>
#include <filesystem>

#include "base/bytes.h"
#include "base/shell_word.h"
#include "base/system_error.h"
#include "export/enclosing_tree.h"
#include "export/state_directory.h"
#include "export/tree_lock.h"
#include "export/zone_conversion.h"
#include "watermark/zone_rules.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

struct OldPlace {
  std::string tree;
  std::string state_directory;
};

Result<OldPlace> find_old(const std::string& from) {
  std::error_code code;
  if (!fs::is_directory(from, code)) {
    return fail(ErrorKind::not_found, {"there is no folder {}", "没有目录 {}"}, printable(from));
  }
  const std::string plain = fs::path(from).lexically_normal().string();
  if (fs::exists(watermark::StateFile(plain).path(), code)) {
    return OldPlace{.tree = (fs::path(plain) / "..").lexically_normal().string(),
                    .state_directory = plain};
  }
  return OldPlace{.tree = plain, .state_directory = state_directory_of(plain)};
}

Result<void> may_take_over(const ImportOptions& options, const std::string& directory,
                           bool same_tree) {
  const Result<std::optional<SourceRecord>> record = SourceRecord::load(directory);
  if (!record) return fail(record.error());
  if (*record) {
    return fail(make_error(ErrorKind::usage,
                           {"{} is already exported by Tidemark", "{} 已由 Tidemark 导出"},
                           options.output)
                    .with_hint({"its state is shown by: tidemark export state show -o {}",
                                "查看其状态：tidemark export state show -o {}"},
                               shell_quoted(options.output)));
  }
  std::error_code code;
  if (!same_tree && fs::exists(watermark::StateFile(directory).path(), code)) {
    return fail(make_error(ErrorKind::usage, {"{} has a state of its own", "{} 已有自己的状态"},
                           options.output)
                    .with_hint({"import from that tree itself, or give another output folder",
                                "请从该目录自身导入，或指定其他输出目录"}));
  }
  return {};
}

Result<void> convert(sql::Connection& connection, const watermark::ZoneRules& old_zone,
                     WallTime now, watermark::State& state, ImportReport& report) {
  for (auto& [tenant, entry] : state) {
    const CivilTime before = entry.mark;
    const WallTime instant = std::min(old_zone.first_instant(before), now) - report.stepped_back;
    // A tenant that was never exported, in whatever zone.
    if (before < CivilTime::baseline() + std::chrono::days{2}) {
      entry.mark = CivilTime::baseline();
    } else {
      const Result<CivilTime> mark = session_time(connection, report.record.zone, instant);
      if (!mark) return fail(mark.error());
      entry.mark = *mark;
    }
    report.marks.push_back({.tenant = tenant, .before = before, .after = entry.mark});
  }
  return {};
}

}  // namespace

Result<ImportReport> import_state(sql::Connection& connection, const ImportOptions& options,
                                  const Clock& clock, const Stop& stop) {
  const WallTime now = clock.wall();
  const auto old_zone = watermark::ZoneRules::find(
      options.old_zone.empty() ? "local" : std::string_view(options.old_zone), now);
  if (!old_zone) {
    return fail(make_error(ErrorKind::usage, {"unknown zone {}", "未知时区 {}"}, options.old_zone)
                    .with_hint({"write +08:00, or a name such as Asia/Shanghai (package tzdata)",
                                "请写作 +08:00，或 Asia/Shanghai 这样的名称（需安装 tzdata）"}));
  }
  const Result<OldPlace> old = find_old(options.from);
  if (!old) return fail(old.error());
  const Result<std::optional<std::string>> around =
      check_enclosing_tree(options.output, options.spec.name);
  if (!around) return fail(around.error());
  std::error_code code;
  const std::string directory = state_directory_of(options.output);
  ImportReport report{.tree = old->tree,
                      .old_zone = old_zone->name(),
                      .same_tree = fs::equivalent(old->tree, options.output, code)};
  if (Result<void> may = may_take_over(options, directory, report.same_tree); !may) {
    return fail(may.error());
  }

  const Result<sql::ServerInfo> server = connection.server();
  if (!server) return fail(server.error());
  report.record = {.zone = options.zone.empty() ? server->zone : options.zone,
                   .source = options.source,
                   .table = options.spec.table,
                   .layout = "files",  // The old exporters knew no other.
                   .prune_source = options.source,
                   .name = options.spec.name,
                   .selection = Selection::of(options.spec),
                   .prune_selection = Selection::of(options.spec)};
  const Result<std::chrono::microseconds> apart = clock_difference(connection, clock);
  if (!apart) return fail(apart.error());
  report.stepped_back = std::chrono::ceil<std::chrono::seconds>(options.margin) +
                        std::chrono::round<std::chrono::seconds>(std::chrono::abs(*apart));
  if (Result<void> set = connection.set_zone(options.zone); !set) return fail(set.error());

  std::optional<TreeLock> lock;
  if (!options.dry_run) {
    fs::create_directories(directory, code);
    if (code) return fail_errno(code.value(), {"cannot create {}", "无法创建 {}"}, directory);
    Result<TreeLock> locked = TreeLock::acquire(directory, clock);
    if (!locked) return fail(std::move(locked).error());
    lock = std::move(*locked);
    // Another one may have taken it over while we waited.
    if (Result<void> may = may_take_over(options, directory, report.same_tree); !may) {
      return fail(may.error());
    }
  }
  Result<watermark::State> state = watermark::StateFile(old->state_directory).load();
  if (!state) return fail(std::move(state).error());
  if (Result<void> done = convert(connection, *old_zone, now, *state, report); !done) {
    return fail(done.error());
  }
  Result<TreeSurvey> survey = survey_tree(old->tree, stop);
  if (!survey) return fail(std::move(survey).error());
  report.survey = std::move(*survey);
  if (options.dry_run) return report;

  // Were the process killed between the two, a second import would convert the marks again. The
  // next run reads all tenants from the beginning anyhow, so nothing would be lost.
  const watermark::StateFile file(directory);
  if (Result<void> kept = file.back_up(old_zone->civil(now)); !kept) return fail(kept.error());
  if (Result<void> saved = file.save(*state); !saved) return fail(saved.error());
  if (Result<void> saved = report.record.save(directory); !saved) return fail(saved.error());
  return report;
}

}  // namespace tidemark::exporter
