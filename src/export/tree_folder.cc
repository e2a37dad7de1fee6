#include "export/tree_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/open_files.h"
#include "base/system_call.h"
#include "base/system_error.h"
#include "export/beneath.h"
#include "export/codec.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

FileStamp stamp_of(const struct stat& info) {
  return {.size = static_cast<std::uint64_t>(info.st_size),
          .mtime = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
}

/// fail_errno(), with the next step if the way leads to another place: files are renamed from the
/// state directory to their names, and that works within one file system only.
template <class... Args>
std::unexpected<Error> fail_in_tree(int code, Text<Args...> text, Args&&... args) {
  Error error = fail_errno<Args...>(code, text, std::forward<Args>(args)...).error();
  if (code == ELOOP) {
    return fail(std::move(error).with_hint(
        {"a folder on this path is a symbolic link, and those are not followed inside an export "
         "tree; only the output folder itself may be one. Put a real folder in its place",
         "该路径上有符号链接，导出目录内不会跟随符号链接（只有输出目录本身可以是）；"
         "请改为真正的目录"}));
  }
  if (code == EXDEV) {
    return fail(std::move(error).with_hint(
        {"a folder inside the tree is a mount point; an export tree lies on one file system as a "
         "whole. Mount the disk at the output folder itself",
         "导出目录内有挂载点，而整个导出目录必须位于同一文件系统；请把磁盘挂载到输出目录本身"}));
  }
  return fail(std::move(error));
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

void TreeFolder::forget_oldest() {
  by_path_.erase(open_.back().path);
  open_.pop_back();
}

int TreeFolder::folder(std::string_view path, bool create) {
  if (path.empty()) return root_.get();
  if (const auto found = by_path_.find(path); found != by_path_.end()) {
    open_.splice(open_.begin(), open_, found->second);
    return open_.front().fd.get();
  }
  const std::string name(path);
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  UniqueFd fd = open_beneath(root_.get(), name, flags);
  while (!fd && errno == EMFILE && !open_.empty()) {
    forget_oldest();  // The trees of other threads have the rest.
    fd = open_beneath(root_.get(), name, flags);
  }
  if (!fd && errno == ENOENT && create) {
    const auto [parent, last] = split_path(path);
    const int above = folder(parent, true);
    if (above < 0) return -1;
    if (::mkdirat(above, std::string(last).c_str(), 0777) != 0 && errno != EEXIST) return -1;
    touched_.emplace(parent);
    fd = open_beneath(root_.get(), name, flags);
  }
  if (!fd) return -1;
  // Each reader has a tree, and so has the publisher.
  static const std::size_t folders_open_max = open_files_share(24, 1024);
  if (open_.size() >= folders_open_max) forget_oldest();
  open_.push_front({.path = name, .fd = std::move(fd), .touched = false});
  by_path_.emplace(open_.front().path, open_.begin());
  return open_.front().fd.get();
}

std::optional<struct stat> TreeFolder::look(const TreePath& path) {
  const auto [parent, name] = split_path(path.stem);
  const int above = folder(parent, false);
  if (above < 0) return std::nullopt;
  const std::string file = std::string(name) + std::string(extension_of(path.compression));
  struct stat info{};
  if (::fstatat(above, file.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (!S_ISREG(info.st_mode)) return std::nullopt;
  return info;
}

std::optional<FileStamp> TreeFolder::stamp(const TreePath& path) {
  const std::optional<struct stat> info = look(path);
  if (!info) return std::nullopt;
  return stamp_of(*info);
}

bool TreeFolder::same_file(const TreePath& one, const TreePath& other) {
  const std::optional<struct stat> first = look(one);
  const std::optional<struct stat> second = look(other);
  return first && second && first->st_dev == second->st_dev && first->st_ino == second->st_ino;
}

std::optional<std::string> TreeFolder::content(const TreePath& path, std::size_t limit) {
  const auto [parent, name] = split_path(path.stem);
  const int above = folder(parent, false);
  if (above < 0) return std::nullopt;
  const std::string file = std::string(name) + std::string(extension_of(path.compression));
  // A pipe that somebody put there must not be waited for.
  constexpr int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const UniqueFd fd(::openat(above, file.c_str(), flags));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  if (static_cast<std::uint64_t>(info.st_size) > limit) return std::nullopt;
  const std::optional<std::string> bytes =
      read_all(fd.get(), 0, static_cast<std::size_t>(info.st_size));
  if (!bytes) return std::nullopt;
  Result<std::string> content = decompress(path.compression, *bytes, limit);
  if (!content) return std::nullopt;
  return std::move(*content);
}

Result<std::vector<std::string>> TreeFolder::names(const std::string& path) {
  std::vector<std::string> names;
  const UniqueFd fd = open_beneath(root_.get(), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!fd && errno == ENOENT) return names;
  // The stream takes this one over. (Without memory for a stream it stays open: then the run ends.)
  const int own = fd ? ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0) : -1;
  const std::unique_ptr<DIR, CloseDirectory> folder(own < 0 ? nullptr : ::fdopendir(own));
  if (!folder) return fail_in_tree(errno, {"cannot open {}/{}", "无法打开 {}/{}"}, output_, path);
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0)
    return fail_in_tree(errno, {"cannot read {}/{}", "无法读取 {}/{}"}, output_, path);
  return names;
}

Result<UniqueFd> TreeFolder::open_file(const std::string& path) {
  UniqueFd fd = open_beneath(root_.get(), path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (!fd) return fail_in_tree(errno, {"cannot open {}/{}", "无法打开 {}/{}"}, output_, path);
  return fd;
}

Result<std::optional<std::string>> TreeFolder::read(const std::string& path, std::size_t limit) {
  const Result<UniqueFd> fd = open_file(path);
  if (!fd) {
    if (fd.error().kind == ErrorKind::not_found) return std::nullopt;
    return std::unexpected(fd.error());
  }
  struct stat info{};
  if (::fstat(fd->get(), &info) != 0) {
    return fail_errno(errno, {"cannot read {}/{}", "无法读取 {}/{}"}, output_, path);
  }
  if (!S_ISREG(info.st_mode) || static_cast<std::uint64_t>(info.st_size) > limit) {
    return fail(
        ErrorKind::io,
        {"{}/{} is no regular file of at most {} bytes", "{}/{} 不是大小在 {} 字节以内的普通文件"},
        output_, path, limit);
  }
  std::optional<std::string> bytes = read_all(fd->get(), 0, static_cast<std::size_t>(info.st_size));
  if (!bytes) return fail_errno(errno, {"cannot read {}/{}", "无法读取 {}/{}"}, output_, path);
  return bytes;
}

void TreeFolder::note_touched(std::string_view path) {
  if (!open_.empty() && open_.front().path == path) {
    if (std::exchange(open_.front().touched, true)) return;
  }
  touched_.emplace(path);
}

Result<void> TreeFolder::move_in(int from, const std::string& name, std::string_view parent,
                                 const std::string& file) {
  const int above = folder(parent, true);
  if (above < 0 || ::renameat(from, name.c_str(), above, file.c_str()) != 0) {
    return fail_in_tree(errno, {"cannot write {}/{}/{}", "无法写入 {}/{}/{}"}, output_, parent,
                        file);
  }
  note_touched(parent);
  return {};
}

Result<void> TreeFolder::publish(int from, const std::string& name, const TreePath& path) {
  const auto [parent, last] = split_path(path.stem);
  file_name_.assign(last).append(extension_of(path.compression));
  return move_in(from, name, parent, file_name_);
}

Result<void> TreeFolder::publish(int from, const std::string& name, const std::string& path) {
  const auto [parent, last] = split_path(path);
  return move_in(from, name, parent, std::string(last));
}

Result<void> TreeFolder::rename(const TreePath& from, const TreePath& to) {
  const std::string old_path = from.text();
  const auto [old_parent, old_name] = split_path(old_path);
  // A descriptor of its own: folder() may close the one to make room for the other.
  UniqueFd above;
  if (const int kept = folder(old_parent, false); kept >= 0) {
    above.reset(::fcntl(kept, F_DUPFD_CLOEXEC, 0));
  }
  if (!above) {
    return fail_in_tree(errno, {"cannot rename {}/{}", "无法重命名 {}/{}"}, output_, old_path);
  }
  Result<void> moved = publish(above.get(), std::string(old_name), to);
  if (moved) note_touched(old_parent);
  return moved;
}

bool TreeFolder::has_folder_of(const TreePath& path) {
  return folder(split_path(path.stem).first, false) >= 0;
}

Result<void> TreeFolder::remove(const std::string& path) {
  auto [parent, name] = split_path(path);
  const int above = folder(parent, false);
  if (above < 0 && errno != ENOENT) {
    return fail_in_tree(errno, {"cannot remove {}/{}", "无法删除 {}/{}"}, output_, path);
  }
  if (above >= 0 && ::unlinkat(above, std::string(name).c_str(), 0) != 0 && errno != ENOENT) {
    return fail_in_tree(errno, {"cannot remove {}/{}", "无法删除 {}/{}"}, output_, path);
  }
  while (!parent.empty()) {
    const auto [grandparent, last] = split_path(parent);
    const int holder = folder(grandparent, false);
    if (holder < 0 || ::unlinkat(holder, std::string(last).c_str(), AT_REMOVEDIR) != 0) break;
    if (const auto found = by_path_.find(parent); found != by_path_.end()) {
      const auto node = found->second;
      by_path_.erase(found);
      open_.erase(node);
    }
    if (const auto found = touched_.find(parent); found != touched_.end()) touched_.erase(found);
    parent = grandparent;
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
    if (Result<void> synced = sync_data(); !synced) return synced;
    touched_.clear();
  }
  for (const std::string& path : touched_) {
    const int fd = folder(path, false);
    if (fd < 0 && errno == ENOENT) continue;  // Became empty and was removed.
    if (fd < 0 || ::fsync(fd) != 0) {
      return fail_errno(errno, {"cannot make {}/{} durable", "无法将 {}/{} 落盘"}, output_, path);
    }
  }
  touched_.clear();
  for (Folder& folder : open_) folder.touched = false;
  return {};
}

Result<Staging> Staging::open(const std::string& state_directory, std::string_view name) {
  std::string path = fmt::format("{}/staging/{}", state_directory, name);
  std::array<UniqueFd, folders> opened;
  for (std::size_t i = 0; i < folders; ++i) {
    const std::string folder = fmt::format("{}/{}", path, i);
    std::error_code code;
    fs::create_directories(folder, code);
    if (code) return fail_errno(code.value(), {"cannot create {}", "无法创建 {}"}, folder);
    opened[i].reset(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened[i]) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, folder);
  }
  return Staging(std::move(opened), std::move(path));
}

Result<void> Staging::clean(const std::string& state_directory) {
  const std::string path = state_directory + "/staging";
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return fail_errno(code.value(), {"cannot remove {}", "无法删除 {}"}, path);
  return {};
}

Result<Staging::File> Staging::write(std::string_view bytes) {
  File file{.name = fmt::format_int(next_++).str(), .stamp = {}};
  const UniqueFd opened(
      ::openat(fd(), file.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  struct stat info{};
  if (!opened || !write_all(opened.get(), bytes) || ::fstat(opened.get(), &info) != 0) {
    const int code = errno;
    if (opened) discard(file.name);
    return fail_errno(code, {"cannot write into {}", "无法写入 {}"}, path_);
  }
  file.stamp = stamp_of(info);
  return file;
}

void Staging::discard(const std::string& name) { ::unlinkat(fd(), name.c_str(), 0); }

}  // namespace tidemark::exporter
