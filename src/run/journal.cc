#include "run/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/system_error.h"
#include "base/unique_fd.h"
#include "run/state_folder.h"

namespace tidemark::run {
namespace {

constexpr mode_t owner_only = 0600;

Result<UniqueFd> open_locked(const std::filesystem::path& file, int flags) {
  UniqueFd fd(open(file.c_str(), flags | O_CLOEXEC, owner_only));  // NOLINT(*-vararg)
  const std::string shown = printable(file.native());
  if (!fd) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, shown);
  while (flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return fail_errno(errno, {"cannot lock {}", "无法锁定 {}"}, shown);
  return fd;
}

Result<void> append_bytes(const std::filesystem::path& file, std::string_view bytes) {
  const Result<UniqueFd> fd = open_locked(file, O_WRONLY | O_CREAT | O_APPEND);
  if (!fd) return fail(fd.error());
  while (!bytes.empty()) {
    const ssize_t written = write(fd->get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return fail_errno(errno, {"cannot write {}", "无法写入 {}"}, printable(file.native()));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fdatasync(fd->get()) != 0)
    return fail_errno(errno, {"cannot sync {}", "无法落盘 {}"}, printable(file.native()));
  return {};
}

Result<std::string> read_all(int fd, const std::filesystem::path& file) {
  std::string all;
  std::array<char, 65'536> buffer;  // NOLINT(*-member-init): filled by read
  while (true) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail_errno(errno, {"cannot read {}", "无法读取 {}"}, printable(file.native()));
    if (got == 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

struct Sorted {
  std::map<std::string, RunRecord> records;  ///< By id, the last of each.
  std::string damaged;                       ///< Lines that are no records.
};

Sorted sort_lines(std::string_view text) {
  Sorted sorted;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (auto record = run_record_from_json(line))
      sorted.records.insert_or_assign(record->id, std::move(*record));
    else
      sorted.damaged.append(line).push_back('\n');
  }
  return sorted;
}

}  // namespace

Result<void> Journal::append(const RunRecord& record) const {
  if (Result<void> made = make_private_folder(file_.parent_path()); !made) return made;
  // The newline in front ends a line that a crash or a full disk left torn.
  return append_bytes(file_, "\n" + to_json(record) + "\n");
}

Result<std::size_t> Journal::replay(
    const std::function<Result<void>(const RunRecord&)>& save) const {
  struct stat found{};
  if (stat(file_.c_str(), &found) != 0 || found.st_size == 0) return 0;
  const Result<UniqueFd> fd = open_locked(file_, O_RDWR);
  if (!fd) return fail(fd.error());
  const Result<std::string> text = read_all(fd->get(), file_);
  if (!text) return fail(text.error());
  const Sorted sorted = sort_lines(*text);
  for (const auto& [id, record] : sorted.records)
    if (Result<void> saved = save(record); !saved) return fail(std::move(saved).error());
  if (!sorted.damaged.empty()) {
    std::filesystem::path aside = file_;
    aside += ".damaged";
    if (Result<void> kept = append_bytes(aside, sorted.damaged); !kept)
      return fail(std::move(kept).error());
  }
  if (ftruncate(fd->get(), 0) != 0)
    return fail_errno(errno, {"cannot empty {}", "无法清空 {}"}, printable(file_.native()));
  return sorted.records.size();
}

}  // namespace tidemark::run
