#include "export/tree_lock.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "base/bytes.h"
#include "base/system_error.h"

namespace tidemark::exporter {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

/// What the file says of its owner; empty if nothing.
std::string read_owner(int fd) {
  std::array<char, 256> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size(), 0);
  if (length <= 0) return {};
  std::string owner(text.data(), static_cast<std::size_t>(length));
  if (const std::size_t end = owner.find('\n'); end != std::string::npos) owner.resize(end);
  return printable(owner);
}

Error is_locked(const std::string& path, const std::string& owner) {
  return make_error(ErrorKind::locked,
                    {"another exporter is at work in this tree ({}; lock {})",
                     "另一个进程正在运行：该目录已被占用（{}；锁 {}）"},
                    owner.empty() ? std::string("owner unknown") : owner, path)
      .with_hint({"wait until it is done; the lock goes with its process, the file need not be "
                  "removed",
                  "请等待其结束；进程退出后锁会自动释放，无需删除锁文件"});
}

/// Some network file systems have no flock for folders; the file's lock must do there.
bool flock_unsupported(int code) {
  return code == EBADF || code == EOPNOTSUPP || code == ENOLCK || code == EINVAL;
}

}  // namespace

Result<TreeLock> TreeLock::acquire(const std::string& state_directory, const Clock& clock) {
  const std::string path = fmt::format("{}/{}", state_directory, file_name);
  struct stat info{};
  if (::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    return fail(make_error(ErrorKind::locked,
                           {"{} is a lock directory of the old Bash exporter",
                            "{} 是旧 Bash 导出脚本的锁目录"},
                           path)
                    .with_hint({"if that script does not run any more: rmdir {}",
                                "若该脚本已不在运行：rmdir {}"},
                               path));
  }

  UniqueFd directory(::open(state_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, state_directory);
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0 && !flock_unsupported(errno)) {
    if (errno != EWOULDBLOCK) return fail_errno(errno, {"cannot lock {}", "无法锁定 {}"}, path);
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return fail(is_locked(path, file ? read_owner(file.get()) : std::string()));
  }

  while (true) {
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!file) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return fail_errno(errno, {"cannot lock {}", "无法锁定 {}"}, path);
      return fail(is_locked(path, read_owner(file.get())));
    }
    // The file may have been removed or replaced between open and flock.
    struct stat ours{};
    struct stat present{};
    if (::fstat(file.get(), &ours) != 0) return fail_errno(errno, {"{}", "{}"}, path);
    if (::stat(path.c_str(), &present) != 0 || present.st_ino != ours.st_ino ||
        present.st_dev != ours.st_dev) {
      continue;
    }
    const std::string before = read_owner(file.get());
    const std::string owner =
        fmt::format("pid {} host {} since {:%Y-%m-%dT%H:%M:%S}Z\n", ::getpid(), host_name(),
                    std::chrono::floor<std::chrono::seconds>(clock.wall()));
    if (::ftruncate(file.get(), 0) != 0 ||
        ::pwrite(file.get(), owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size())) {
      return fail_errno(errno, {"cannot write {}", "无法写入 {}"}, path);
    }
    return TreeLock(std::move(directory), std::move(file), path, before);
  }
}

std::optional<TreeLock::Owner> TreeLock::owner(const std::string& state_directory) {
  const std::string path = fmt::format("{}/{}", state_directory, file_name);
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  if (S_ISDIR(info.st_mode)) return Owner{.text = path + "/"};
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return std::nullopt;
  std::string text = read_owner(file.get());
  if (text.empty()) return std::nullopt;
  const bool here = text.contains(fmt::format(" host {} ", host_name()));
  const std::string_view prefix = "pid ";
  pid_t pid = 0;
  if (here && text.starts_with(prefix)) {
    std::from_chars(text.data() + prefix.size(), text.data() + text.size(), pid);
  }
  const bool gone = pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH;
  return Owner{.text = std::move(text), .alive = !gone};
}

TreeLock::~TreeLock() {
  // Empty means: left in order. Removing the file would race with the next one opening it.
  if (file_) static_cast<void>(::ftruncate(file_.get(), 0) == 0);
}

}  // namespace tidemark::exporter
