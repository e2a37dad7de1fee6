#include "base/append_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/system_call.h"
#include "base/system_error.h"
#include "base/unique_fd.h"

namespace tidemark {

Result<void> append_line(const std::string& path, std::string line) {
  const auto failed = [&path](int code) {
    return fail_errno(code, {"cannot write {}", "无法写入 {}"}, printable(path));
  };
  const UniqueFd fd{uninterrupted(
      [&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600); })};
  if (!fd) return failed(errno);
  const off_t end = ::lseek(fd.get(), 0, SEEK_END);
  if (end < 0) return failed(errno);
  char last = '\n';
  if (end > 0 && uninterrupted([&] { return ::pread(fd.get(), &last, 1, end - 1); }) < 0)
    return failed(errno);
  line += '\n';
  if (last != '\n') line.insert(line.begin(), '\n');
  if (write_all(fd.get(), line) && uninterrupted([&] { return ::fsync(fd.get()); }) == 0)
    return end > 0 ? Result<void>{} : sync_folder_of(path);
  const int code = errno;
  // Where even this fails, the next line begins on one of its own.
  static_cast<void>(::ftruncate(fd.get(), end));
  return failed(code);
}

}  // namespace tidemark
