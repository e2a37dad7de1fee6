#include "export/state_admin.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/bytes.h"
#include "export/state_directory.h"
#include "export/tree_index.h"
#include "watermark/zone_rules.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

void read_index(StateView& view, std::map<std::string, StateView::Tenant, std::less<>>& tenants) {
  std::error_code code;
  if (!fs::exists(TreeIndex::path_in(view.directory), code)) return;
  struct Content {
    std::map<std::string, CivilTime, std::less<>> covered;
    std::int64_t files = 0;
    std::vector<Reject> rejects;
  };
  const auto look = [](TreeIndex& index) -> Result<Content> {
    Result<std::map<std::string, CivilTime, std::less<>>> covered = index.covered();
    if (!covered) return fail(std::move(covered.error()));
    const Result<std::int64_t> files = index.count();
    if (!files) return fail(files.error());
    Result<std::vector<Reject>> rejects = index.rejects();
    if (!rejects) return fail(std::move(rejects.error()));
    return Content{.covered = std::move(*covered), .files = *files, .rejects = std::move(*rejects)};
  };
  view.has_index = true;
  const Result<Content> content = TreeIndex::read(view.directory, look);
  if (!content) {
    view.damage.push_back(content.error());
    return;
  }
  for (const auto& [tenant, upto] : content->covered) tenants[tenant].covered = upto;
  view.files = content->files;
  for (const Reject& reject : content->rejects) {
    reject.accepted ? ++view.rejects_accepted : ++view.rejects_open;
  }
}

/// The lock and the state file of a tree, for a change.
Result<TreeLock> lock_tree(const std::string& directory, const Clock& clock) {
  if (Result<void> exists = require_state(directory); !exists)
    return fail(std::move(exists).error());
  return TreeLock::acquire(directory, clock);
}

}  // namespace

Result<void> require_state(const std::string& directory) {
  std::error_code code;
  if (fs::is_directory(directory, code)) return {};
  return fail(make_error(ErrorKind::not_found,
                         {"there is no export state in {}", "{} 中没有导出状态"},
                         printable(directory))
                  .with_hint({"the output folder is set with -o, --output-dir or in the "
                              "configuration; the first run makes its state",
                              "输出目录由 -o、--output-dir 或配置指定；首次运行会生成状态"}));
}

CivilTime tree_time(const std::string& state_directory, const Clock& clock) {
  const WallTime now = clock.wall();
  const Result<std::optional<SourceRecord>> source = SourceRecord::load(state_directory);
  const auto zone = watermark::ZoneRules::find(source && *source ? (*source)->zone : "UTC", now);
  return zone ? zone->civil(now) : watermark::ZoneRules::find("+00:00", now)->civil(now);
}

Result<StateView> view_state(const std::string& output, const Clock& clock) {
  StateView view{.directory = state_directory_of(output)};
  if (Result<void> exists = require_state(view.directory); !exists)
    return fail(std::move(exists).error());

  Result<std::optional<SourceRecord>> source = SourceRecord::load(view.directory);
  if (source) {
    view.source = std::move(*source);
  } else {
    view.damage.push_back(source.error());
  }
  const WallTime now = clock.wall();
  const auto zone = view.source ? watermark::ZoneRules::find(view.source->zone, now) : std::nullopt;

  const watermark::StateFile file(view.directory);
  view.backups = file.backups();
  view.lock = TreeLock::owner(view.directory);
  std::map<std::string, StateView::Tenant, std::less<>> tenants;
  if (const Result<watermark::State> state = file.load()) {
    for (const auto& [tenant, entry] : *state) tenants[tenant].state = entry;
  } else {
    view.damage.push_back(state.error());
  }
  read_index(view, tenants);
  for (auto& [tenant, entry] : tenants) {
    entry.tenant = tenant;
    if (zone && entry.state) {
      entry.age =
          std::chrono::floor<std::chrono::seconds>(now - zone->first_instant(entry.state->mark));
    }
    view.tenants.push_back(std::move(entry));
  }
  return view;
}

Result<std::size_t> reset_state(const std::string& output,
                                const std::optional<std::vector<std::string>>& tenants,
                                const Clock& clock) {
  const std::string directory = state_directory_of(output);
  const Result<TreeLock> lock = lock_tree(directory, clock);
  if (!lock) return fail(lock.error());
  const watermark::StateFile file(directory);
  Result<watermark::State> state = file.load();
  if (!state && (tenants || state.error().kind != ErrorKind::corrupt)) {
    return fail(std::move(state).error());
  }
  std::size_t removed = state ? state->size() : 0;
  watermark::State kept;
  if (tenants) {
    kept = std::move(*state);
    removed = 0;
    for (const std::string& tenant : *tenants) {
      if (kept.erase(tenant) == 0) {
        return fail(ErrorKind::not_found,
                    {"{} has no line for the tenant {}", "{} 中没有租户 {} 的记录"}, file.path(),
                    printable(tenant));
      }
      ++removed;
    }
  }
  if (Result<void> kept_copy = file.back_up(tree_time(directory, clock)); !kept_copy) {
    return fail(std::move(kept_copy).error());
  }
  if (Result<void> saved = file.save(kept); !saved) return fail(std::move(saved).error());
  return removed;
}

Result<std::string> newest_whole_backup(const std::string& output) {
  const std::string directory = state_directory_of(output);
  if (Result<void> exists = require_state(directory); !exists)
    return fail(std::move(exists).error());
  const watermark::StateFile file(directory);
  const std::vector<std::string> backups = file.backups();
  for (auto name = backups.rbegin(); name != backups.rend(); ++name) {
    const Result<watermark::State> state = file.load_backup(*name);
    if (state) return *name;
    if (state.error().kind != ErrorKind::corrupt) return std::unexpected(state.error());
  }
  Error none =
      backups.empty()
          ? make_error(ErrorKind::not_found, {"{} has no backup", "{} 没有备份"}, file.path())
          : make_error(ErrorKind::not_found,
                       {"none of the {} backups of {} is whole", "{1} 的 {0} 个备份均已损坏"},
                       backups.size(), file.path());
  return fail(std::move(none).with_hint(
      {"each incremental run makes one before it starts; tidemark export state reset begins anew, "
       "and files that are right stay as they are",
       "每次增量运行开始前会生成备份；可用 tidemark export state reset "
       "重新开始，正确的文件保持不动"}));
}

Result<void> check_backup(const std::string& output, const std::string& backup) {
  const std::string directory = state_directory_of(output);
  if (Result<void> exists = require_state(directory); !exists) return exists;
  const Result<watermark::State> state = watermark::StateFile(directory).load_backup(backup);
  if (!state) return std::unexpected(state.error());
  return {};
}

Result<void> restore_state(const std::string& output, const std::string& backup,
                           const Clock& clock) {
  const std::string directory = state_directory_of(output);
  const Result<TreeLock> lock = lock_tree(directory, clock);
  if (!lock) return fail(lock.error());
  return watermark::StateFile(directory).restore(backup, tree_time(directory, clock));
}

}  // namespace tidemark::exporter
