#include "export/round_journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/atomic_file.h"
#include "base/system_call.h"
#include "base/system_error.h"

namespace tidemark::exporter {
namespace {

constexpr std::string_view end_mark = "\tend ";

std::string end_of(std::string_view block) {
  return fmt::format("{}{:016x}\n", end_mark, static_cast<std::uint64_t>(hash64(block)));
}

void add_names(std::string_view block, std::vector<TreePath>& names) {
  while (!block.empty()) {
    const std::size_t newline = block.find('\n');
    const std::string_view line = block.substr(0, newline);
    block.remove_prefix(newline + 1);
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    std::optional<TreePath> plain = tree_path_from(line.substr(0, tab));
    if (!plain) continue;
    names.push_back({.stem = fmt::format("{}~{}", plain->stem, line.substr(tab + 1)),
                     .compression = plain->compression});
    names.push_back(std::move(*plain));
  }
}

}  // namespace

Result<RoundJournal> RoundJournal::open(const std::string& state_directory) {
  std::string path = fmt::format("{}/{}", state_directory, file_name);
  constexpr int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd file(::open(path.c_str(), flags));
  if (!file && errno == ENOENT) {
    file.reset(::open(path.c_str(), flags | O_CREAT, 0666));
    // A journal without a name would not be found after a power cut.
    if (file) {
      if (Result<void> synced = sync_folder(state_directory); !synced) return fail(synced.error());
    }
  }
  if (!file) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, path);
  return RoundJournal(std::move(file), std::move(path));
}

void RoundJournal::add(const TreePath& plain, const Key& key) {
  block_ += plain.stem;
  block_ += extension_of(plain.compression);
  block_ += '\t';
  block_ += short_hash(key.text());
  block_ += '\n';
}

Result<void> RoundJournal::write() {
  if (block_.empty()) return {};
  block_ += end_of(block_);
  if (!write_all(file_.get(), block_)) {
    return fail_errno(errno, {"cannot write {}", "无法写入 {}"}, path_);
  }
  block_.clear();
  if (::fdatasync(file_.get()) != 0) {
    return fail_errno(errno, {"cannot make {} durable", "无法将 {} 落盘"}, path_);
  }
  return {};
}

Result<void> RoundJournal::clear() {
  block_.clear();
  if (::ftruncate(file_.get(), 0) != 0) {
    return fail_errno(errno, {"cannot empty {}", "无法清空 {}"}, path_);
  }
  return {};
}

Result<std::vector<TreePath>> RoundJournal::names() const {
  struct stat info{};
  if (::fstat(file_.get(), &info) != 0) {
    return fail_errno(errno, {"cannot read {}", "无法读取 {}"}, path_);
  }
  const std::optional<std::string> text =
      read_all(file_.get(), 0, static_cast<std::size_t>(info.st_size));
  if (!text) return fail_errno(errno, {"cannot read {}", "无法读取 {}"}, path_);
  std::vector<TreePath> names;
  std::string_view left = *text;
  while (true) {
    const std::size_t end = left.find(end_mark);
    if (end == std::string_view::npos) return names;
    const std::string_view block = left.substr(0, end);
    const std::string expected = end_of(block);
    if (!left.substr(end).starts_with(expected)) return names;
    add_names(block, names);
    left.remove_prefix(end + expected.size());
  }
}

}  // namespace tidemark::exporter
