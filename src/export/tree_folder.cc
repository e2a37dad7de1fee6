#include "export/tree_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/system_error.h"
#include "export/codec.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

FileStamp stamp_of(const struct stat& info) {
  return {.size = static_cast<std::uint64_t>(info.st_size),
          .mtime = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
}

/// Writes all of it; errno on failure.
bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<TreeFolder> TreeFolder::open(const std::string& output, bool create) {
  if (create) {
    std::error_code code;
    fs::create_directories(output, code);
    if (code) return fail_errno(code.value(), {"cannot create {}", "无法创建 {}"}, output);
  }
  UniqueFd root(::open(output.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, output);
  return TreeFolder(std::move(root), output);
}

int TreeFolder::folder(std::string_view path, bool create) {
  if (path.empty()) return root_.get();
  if (const auto found = by_path_.find(path); found != by_path_.end()) {
    open_.splice(open_.begin(), open_, found->second);
    return open_.front().fd.get();
  }
  const std::string name(path);
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  UniqueFd fd(::openat(root_.get(), name.c_str(), flags));
  if (!fd && errno == ENOENT && create) {
    const auto [parent, last] = split_path(path);
    const int above = folder(parent, true);
    if (above < 0) return -1;
    if (::mkdirat(above, std::string(last).c_str(), 0777) != 0 && errno != EEXIST) return -1;
    touched_.emplace(parent);
    fd.reset(::openat(root_.get(), name.c_str(), flags));
  }
  if (!fd) return -1;
  if (open_.size() == folders_open_max) {
    by_path_.erase(open_.back().path);
    open_.pop_back();
  }
  open_.push_front({.path = name, .fd = std::move(fd)});
  by_path_.emplace(open_.front().path, open_.begin());
  return open_.front().fd.get();
}

std::optional<FileStamp> TreeFolder::stamp(const TreePath& path) {
  const auto [parent, name] = split_path(path.stem);
  const int above = folder(parent, false);
  if (above < 0) return std::nullopt;
  const std::string file = std::string(name) + std::string(extension_of(path.compression));
  struct stat info{};
  if (::fstatat(above, file.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (!S_ISREG(info.st_mode)) return std::nullopt;
  return stamp_of(info);
}

std::optional<std::string> TreeFolder::content(const TreePath& path, std::size_t limit) {
  const auto [parent, name] = split_path(path.stem);
  const int above = folder(parent, false);
  if (above < 0) return std::nullopt;
  const std::string file = std::string(name) + std::string(extension_of(path.compression));
  const UniqueFd fd(::openat(above, file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  if (static_cast<std::uint64_t>(info.st_size) > limit) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::read(fd.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    filled += static_cast<std::size_t>(got);
  }
  Result<std::string> content = decompress(path.compression, bytes, limit);
  if (!content) return std::nullopt;
  return std::move(*content);
}

Result<void> TreeFolder::publish(int from, const std::string& name, const TreePath& path) {
  const auto [parent, last] = split_path(path.stem);
  const int above = folder(parent, true);
  const std::string file = std::string(last) + std::string(extension_of(path.compression));
  if (above < 0 || ::renameat(from, name.c_str(), above, file.c_str()) != 0) {
    return fail_errno(errno, {"cannot write {}/{}", "无法写入 {}/{}"}, output_, path.text());
  }
  if (const auto hint = touched_.lower_bound(parent); hint == touched_.end() || *hint != parent) {
    touched_.emplace_hint(hint, parent);
  }
  return {};
}

Result<void> TreeFolder::rename(const TreePath& from, const TreePath& to) {
  if (::renameat(root_.get(), from.text().c_str(), root_.get(), to.text().c_str()) != 0) {
    return fail_errno(errno, {"cannot rename {}/{}", "无法重命名 {}/{}"}, output_, from.text());
  }
  touched_.emplace(split_path(from.stem).first);
  touched_.emplace(split_path(to.stem).first);
  return {};
}

Result<void> TreeFolder::remove(const std::string& path) {
  if (::unlinkat(root_.get(), path.c_str(), 0) != 0 && errno != ENOENT) {
    return fail_errno(errno, {"cannot remove {}/{}", "无法删除 {}/{}"}, output_, path);
  }
  std::string_view parent = split_path(path).first;
  while (!parent.empty()) {
    const std::string folder_path(parent);
    if (::unlinkat(root_.get(), folder_path.c_str(), AT_REMOVEDIR) != 0) break;
    if (const auto found = by_path_.find(parent); found != by_path_.end()) {
      const auto node = found->second;
      by_path_.erase(found);
      open_.erase(node);
    }
    touched_.erase(folder_path);
    parent = split_path(parent).first;
  }
  touched_.emplace(parent);
  return {};
}

Result<void> TreeFolder::sync_data() {
  if (::syncfs(root_.get()) != 0) {
    return fail_errno(errno, {"cannot make {} durable", "无法将 {} 落盘"}, output_);
  }
  return {};
}

Result<void> TreeFolder::sync_file(int from, const std::string& name) {
  const UniqueFd fd(::openat(from, name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) {
    return fail_errno(errno, {"cannot make a file of {} durable", "无法将 {} 的文件落盘"}, output_);
  }
  return {};
}

Result<void> TreeFolder::sync_names() {
  // Beyond a few folders one syncfs is cheaper than an fsync for each.
  constexpr std::size_t few = 16;
  if (touched_.size() > few) {
    touched_.clear();
    return sync_data();
  }
  for (const std::string& path : touched_) {
    const int fd = folder(path, false);
    if (fd < 0 && errno == ENOENT) continue;  // Became empty and was removed.
    if (fd < 0 || ::fsync(fd) != 0) {
      return fail_errno(errno, {"cannot make {}/{} durable", "无法将 {}/{} 落盘"}, output_, path);
    }
  }
  touched_.clear();
  return {};
}

Result<Staging> Staging::open(const std::string& state_directory, int worker) {
  const std::string path = fmt::format("{}/staging/{}", state_directory, worker);
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return fail_errno(code.value(), {"cannot create {}", "无法创建 {}"}, path);
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, path);
  return Staging(std::move(folder), path);
}

Result<void> Staging::clean(const std::string& state_directory) {
  const std::string path = state_directory + "/staging";
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return fail_errno(code.value(), {"cannot remove {}", "无法删除 {}"}, path);
  return {};
}

Result<Staging::File> Staging::write(std::string_view bytes) {
  File file{.name = fmt::format("{}", next_++), .stamp = {}};
  const UniqueFd fd(
      ::openat(folder_.get(), file.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  struct stat info{};
  if (!fd || !write_all(fd.get(), bytes) || ::fstat(fd.get(), &info) != 0) {
    const int code = errno;
    if (fd) discard(file.name);
    return fail_errno(code, {"cannot write into {}", "无法写入 {}"}, path_);
  }
  file.stamp = stamp_of(info);
  return file;
}

void Staging::discard(const std::string& name) { ::unlinkat(folder_.get(), name.c_str(), 0); }

}  // namespace tidemark::exporter
