#include "export/index_aside.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "base/atomic_file.h"
#include "base/system_error.h"

namespace tidemark::exporter {
namespace {

Result<void> rename_if_there(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return fail_errno(errno, {"cannot put {} aside", "无法移开 {}"}, from);
}

Result<void> remove_if_there(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail_errno(errno, {"cannot remove {}", "无法删除 {}"}, path);
}

}  // namespace

Result<void> put_index_aside(const std::string& path, std::string_view suffix) {
  const std::string aside = path + std::string(suffix);
  std::error_code code;
  // Not there: it was put aside before we were interrupted, and what lies aside is its own.
  if (std::filesystem::exists(path, code)) {
    // The WAL of one that was put aside before does not go with this one.
    for (const std::string& old : {aside + "-wal", aside + "-shm"}) {
      if (Result<void> removed = remove_if_there(old); !removed) return removed;
    }
  }
  // The database first: without it nobody reads the rest, while it could be read without its WAL.
  for (const std::string_view part : {"", "-wal"}) {
    if (Result<void> moved = rename_if_there(path + std::string(part), aside + std::string(part));
        !moved) {
      return moved;
    }
  }
  // Made from the WAL whenever it is missing.
  if (Result<void> removed = remove_if_there(path + "-shm"); !removed) return removed;
  return sync_folder_of(path);
}

Result<void> put_file_aside(const std::string& path, std::string_view suffix) {
  if (Result<void> moved = rename_if_there(path, path + std::string(suffix)); !moved) return moved;
  return sync_folder_of(path);
}

Result<void> finish_putting_aside(const std::string& path) {
  // A WAL without its database: put_index_aside() was interrupted between the two.
  std::error_code code;
  if (std::filesystem::exists(path, code) || code) return {};
  const std::string aside = path + std::string(damaged_suffix) + "-wal";
  if (Result<void> moved = rename_if_there(path + "-wal", aside); !moved) return moved;
  return remove_if_there(path + "-shm");
}

}  // namespace tidemark::exporter
