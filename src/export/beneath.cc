#include "export/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace tidemark::exporter {
namespace {

/// How often a walk is repeated that a rename elsewhere disturbed (EAGAIN).
constexpr int attempts_max = 16;

/// O_NOFOLLOW with O_DIRECTORY says ENOTDIR for a link; the caller wants to know that it is one.
void tell_link(int folder, const std::string& name) {
  if (errno != ENOTDIR) return;
  struct stat info{};
  const bool link =
      ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
  errno = link ? ELOOP : ENOTDIR;
}

}  // namespace

UniqueFd open_beneath(int root, const std::string& path, int flags, mode_t mode) {
  struct open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;  // openat2 refuses a mode without a use.
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  for (int attempt = 1;; ++attempt) {
    // glibc 2.36 has no function for it.
    const long fd = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof(how));
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno == EINTR || (errno == EAGAIN && attempt < attempts_max)) continue;
    // Older seccomp filters of containers say EPERM to a call that they do not know.
    if (errno == ENOSYS || errno == EPERM) return open_by_components(root, path, flags, mode);
    return {};
  }
}

UniqueFd open_by_components(int root, const std::string& path, int flags, mode_t mode) {
  UniqueFd above;
  int folder = root;
  std::size_t start = 0;
  while (true) {
    const std::size_t slash = path.find('/', start);
    const bool last = slash == std::string::npos;
    const std::string name = path.substr(start, last ? slash : slash - start);
    if (name == ".." || (start == 0 && name.empty())) {
      errno = EXDEV;
      return {};
    }
    const int how = last ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC;
    UniqueFd next(::openat(folder, name.c_str(), how | O_NOFOLLOW, mode));
    if (!next) tell_link(folder, name);
    if (!next || last) return next;
    above = std::move(next);
    folder = above.get();
    start = slash + 1;
  }
}

}  // namespace tidemark::exporter
