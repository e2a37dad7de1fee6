#include "base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "base/bytes.h"
#include "base/system_error.h"
#include "base/unique_fd.h"

namespace tidemark {
namespace {

constexpr std::string_view temporary_prefix = ".tidemark-";
constexpr std::string_view temporary_suffix = ".tmp";

/// The folder of `path`, with its slash; empty for the current one.
std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
}

/// Repeats a system call that a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

/// A new file with a name that nobody else has; removed at the end unless it was renamed.
class TemporaryFile {
 public:
  TemporaryFile() = default;
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  [[nodiscard]] Result<void> create(const std::string& target, mode_t mode) {
    static std::atomic<std::uint64_t> counter{0};
    const std::string folder = folder_of(target);
    for (;;) {
      std::string name = fmt::format("{}{}{}-{}{}", folder, temporary_prefix, ::getpid(),
                                     counter.fetch_add(1), temporary_suffix);
      const int fd = uninterrupted(
          [&] { return ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); });
      if (fd >= 0) {
        fd_.reset(fd);
        name_ = std::move(name);
        return {};
      }
      // The leftover of a dead process, or a process of another container with the same number.
      if (errno == EEXIST) continue;
      return fail_errno(errno, {"cannot create a file beside {}", "无法在 {} 旁创建文件"},
                        printable(target));
    }
  }

  [[nodiscard]] Result<void> fill(const std::string& target, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written =
          uninterrupted([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
      if (written < 0)
        return fail_errno(errno, {"cannot write {}", "无法写入 {}"}, printable(target));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (uninterrupted([&] { return ::fsync(fd_.get()); }) != 0)
      return fail_errno(errno, {"cannot sync {}", "无法将 {} 落盘"}, printable(target));
    return {};
  }

  [[nodiscard]] Result<void> rename_to(const std::string& target) {
    if (::rename(name_.c_str(), target.c_str()) != 0)
      return fail_errno(errno, {"cannot put {} in place", "无法将 {} 就位"}, printable(target));
    name_.clear();
    return {};
  }

 private:
  UniqueFd fd_;
  std::string name_;
};

}  // namespace

Result<void> write_file_atomically(const std::string& path, std::string_view bytes, mode_t mode) {
  TemporaryFile file;
  if (auto created = file.create(path, mode); !created) return created;
  if (auto filled = file.fill(path, bytes); !filled) return filled;
  if (auto renamed = file.rename_to(path); !renamed) return renamed;
  const std::string folder = folder_of(path);
  return sync_folder(folder.empty() ? "." : folder);
}

bool is_temporary_name(std::string_view name) {
  if (!name.starts_with(temporary_prefix) || !name.ends_with(temporary_suffix)) return false;
  name.remove_prefix(temporary_prefix.size());
  if (name.size() < temporary_suffix.size()) return false;
  name.remove_suffix(temporary_suffix.size());
  return name.find_first_not_of("0123456789-") == std::string_view::npos;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const UniqueFd fd{
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY); })};
  if (!fd) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, printable(path));

  std::string content;
  struct stat status{};
  if (::fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode) &&
      std::cmp_less_equal(status.st_size, limit)) {
    content.reserve(static_cast<std::size_t>(status.st_size));
  }
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = uninterrupted([&] { return ::read(fd.get(), buffer, sizeof buffer); });
    if (got < 0) return fail_errno(errno, {"cannot read {}", "无法读取 {}"}, printable(path));
    if (got == 0) return content;
    if (static_cast<std::size_t>(got) > limit - content.size()) {
      return fail(ErrorKind::io,
                  {"{} is larger than {} bytes, which is the limit for such a file",
                   "{} 大于 {} 字节，超出此类文件的上限"},
                  printable(path), limit);
    }
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

Result<void> sync_folder(const std::string& folder) {
  const UniqueFd fd{
      uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
  if (!fd)
    return fail_errno(errno, {"cannot open folder {}", "无法打开目录 {}"}, printable(folder));
  // Some network file systems have no fsync for folders and say EINVAL; they write names at once.
  if (uninterrupted([&] { return ::fsync(fd.get()); }) != 0 && errno != EINVAL)
    return fail_errno(errno, {"cannot sync folder {}", "无法将目录 {} 落盘"}, printable(folder));
  return {};
}

}  // namespace tidemark
