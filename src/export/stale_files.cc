#include "export/stale_files.h"

#include "base/log.h"

namespace tidemark::exporter {

void StaleFiles::add(const StaleFiles& other) {
  removed += other.removed;
  for (const Error& error : other.failures) {
    if (failures.size() < failures_max) failures.push_back(error);
  }
}

Result<StaleFiles> remove_stale_files(TreeIndex& index, TreeFolder& tree,
                                      std::span<const std::string> paths) {
  StaleFiles files;
  for (const std::string& path : paths) {
    if (log_enabled(LogLevel::debug)) log_line(LogLevel::debug, "removing " + path);
    Result<void> gone = tree.remove(path);
    if (gone) {
      ++files.removed;
      continue;
    }
    index.leave_removal(path);
    Error error = std::move(gone.error());
    if (error.hint.empty()) {
      error = std::move(error).with_hint(
          {"the file belongs to no row any more; make its folder "
           "writable, and the next run removes it",
           "该文件已不属于任何行；请使其所在目录可写，下次运行会移除它"});
    }
    files.add({.failures = {std::move(error)}});
  }
  if (Result<void> synced = tree.sync_names(); !synced) return fail(std::move(synced.error()));
  if (Result<void> cleared = index.clear_removals(); !cleared) {
    return fail(std::move(cleared.error()));
  }
  return files;
}

}  // namespace tidemark::exporter
