#include "export/unseen_files.h"

#include <filesystem>

#include "base/shell_word.h"
#include "export/tree_file.h"
#include "export/unknown_files.h"

namespace tidemark::exporter::unseen_files {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view mark = "unseen_files";

/// What cannot be looked at might be one; but a closed folder (`lost+found` of a disk) is
/// another's, as it is to the sweep.
bool has_files(const std::string& output) {
  std::error_code code;
  fs::recursive_directory_iterator entry(output, code);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    const fs::path& path = entry->path();
    const bool is_folder = fs::is_directory(entry->symlink_status(code));
    if (code) break;
    if (is_folder && is_of_another_tree(path)) entry.disable_recursion_pending();
    if (!is_folder && tree_path_from(path.native())) return true;
  }
  return code && code != std::errc::no_such_file_or_directory;
}

}  // namespace

Result<void> expect(TreeIndex& index, const std::string& output) {
  // Not only fresh(): whoever made it may have been killed right after.
  const Result<std::string> run = index.meta("run");
  if (!run) return std::unexpected(run.error());
  if (!run->empty() || !has_files(output)) return {};
  return index.set_meta(mark, "1");
}

Result<bool> may_be(TreeIndex& index) {
  const Result<std::string> marked = index.meta(mark);
  if (!marked) return std::unexpected(marked.error());
  return !marked->empty();
}

Result<void> are_none(TreeIndex& index) {
  const Result<bool> marked = may_be(index);
  if (!marked) return std::unexpected(marked.error());
  return *marked ? index.set_meta(mark, "") : Result<void>();
}

Message note(const std::string& name, const std::string& output) {
  const std::string command =
      fmt::format("tidemark export sweep{}{} -o {} --apply", name == "invoices" ? "" : " --export ",
                  name == "invoices" ? "" : shell_quoted(name), shell_quoted(output));
  return say({"the index was made anew over files that were there before: those of rows that had "
              "been deleted, voided or moved by then are not counted as gone; find and remove them "
              "with: {}",
              "索引是在已有文件之上重建的：此前已删除、作废或移动的行所留下的文件不计入已消失的行；"
              "请用以下命令查找并移除：{}"},
             command);
}

}  // namespace tidemark::exporter::unseen_files
