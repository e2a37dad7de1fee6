#include "base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/bytes.h"
#include "base/new_file.h"
#include "base/system_call.h"
#include "base/system_error.h"
#include "base/unique_fd.h"

namespace tidemark {
namespace {

constexpr std::string_view temporary_prefix = ".tidemark-";
constexpr std::string_view temporary_suffix = ".tmp";

}  // namespace

Result<void> write_file_atomically(const std::string& path, std::string_view bytes, mode_t mode) {
  Result<NewFile> file = NewFile::create(path, mode);
  if (!file) return fail(std::move(file).error());
  if (auto filled = file->write(bytes); !filled) return filled;
  return file->commit();
}

std::string temporary_name(pid_t process, std::uint64_t number) {
  return fmt::format("{}{}-{}{}", temporary_prefix, process, number, temporary_suffix);
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

Result<void> sync_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return sync_folder(folder.empty() ? "." : folder.string());
}

}  // namespace tidemark
