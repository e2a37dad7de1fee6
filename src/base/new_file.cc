#include "base/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/system_call.h"
#include "base/system_error.h"

namespace tidemark {
namespace {

/// The folder of `path`, with its slash; empty for the current one.
std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash + 1);
}

}  // namespace

Result<NewFile> NewFile::create(std::string path, mode_t mode) {
  static std::atomic<std::uint64_t> counter{0};
  const std::string folder = folder_of(path);
  for (;;) {
    std::string name = folder + temporary_name(::getpid(), counter.fetch_add(1));
    UniqueFd fd{uninterrupted(
        [&] { return ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); })};
    if (fd) return NewFile(std::move(path), std::move(name), std::move(fd));
    // The leftover of a dead process, or a process of another container with the same number.
    if (errno == EEXIST) continue;
    return fail_errno(errno, {"cannot create a file beside {}", "无法在 {} 旁创建文件"},
                      printable(path));
  }
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::move(other.fd_)) {}

NewFile& NewFile::operator=(NewFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(fd_, other.fd_);
  return *this;
}

NewFile::~NewFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> NewFile::write(std::string_view bytes) {
  if (write_all(fd_.get(), bytes)) return {};
  return fail_errno(errno, {"cannot write {}", "无法写入 {}"}, printable(path_));
}

Result<void> NewFile::commit() {
  if (uninterrupted([&] { return ::fsync(fd_.get()); }) != 0)
    return fail_errno(errno, {"cannot sync {}", "无法将 {} 落盘"}, printable(path_));
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    return fail_errno(errno, {"cannot put {} in place", "无法将 {} 就位"}, printable(path_));
  temporary_.clear();
  return sync_folder_of(path_);
}

}  // namespace tidemark
