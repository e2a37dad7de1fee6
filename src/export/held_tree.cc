#include "export/held_tree.h"

#include <fmt/format.h>

#include <filesystem>

#include "export/accepted_rejects.h"
#include "export/index_aside.h"
#include "export/key_notes.h"
#include "export/state_directory.h"
#include "export/tree_folder.h"
#include "export/tree_recovery.h"
#include "export/unseen_files.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

bool has_files_besides_state(const std::string& output) {
  std::error_code code;
  for (fs::directory_iterator entry{output, code}, end; !code && entry != end;
       entry.increment(code)) {
    if (entry->path().filename() != state_directory_name) return true;
  }
  return false;
}

}  // namespace

HeldTree::HeldTree(std::string output_folder, bool dry_run_only)
    : output(std::move(output_folder)),
      state_directory(state_directory_of(output)),
      dry_run(dry_run_only) {}

Result<void> HeldTree::lock(const Clock& clock, std::vector<Message>& notes) {
  if (dry_run) return {};
  if (Result<TreeFolder> tree = TreeFolder::open(output, true); !tree) {
    return fail(std::move(tree.error()));
  }
  std::error_code code;
  fs::create_directories(state_directory, code);
  if (code) {
    return fail(ErrorKind::io, {"cannot create {}: {}", "无法创建 {}：{}"}, state_directory,
                code.message());
  }
  if (fs::is_symlink(state_directory, code)) {
    return fail(ErrorKind::io,
                {"{} is a symbolic link; files are moved from it into the tree, so it has to be a "
                 "folder of the tree",
                 "{} 是符号链接；文件要从其中移入导出目录，因此它必须是目录内的真实文件夹"},
                state_directory);
  }
  Result<TreeLock> acquired = TreeLock::acquire(state_directory, clock);
  if (!acquired) return fail(std::move(acquired.error()));
  if (!acquired->took_over().empty()) {
    notes.push_back(
        say({"took over the lock of an exporter that is gone ({})", "接管了已退出进程的锁（{}）"},
            acquired->took_over()));
  }
  held = std::move(*acquired);
  remove_temporary_files(state_directory);
  return Staging::clean(state_directory);
}

Result<void> HeldTree::open_index(const std::string& now_text, std::vector<Message>& notes) {
  const IndexDb::Mode mode = dry_run ? IndexDb::Mode::scratch : IndexDb::Mode::read_write;
  Result<TreeIndex> opened =
      without_index ? TreeIndex::empty() : TreeIndex::open(state_directory, mode);
  if (!opened) {
    index_damaged = opened.error().kind == ErrorKind::corrupt;
    return fail(std::move(opened.error()));
  }
  may_have_files = has_files_besides_state(output);
  if (opened->fresh() && may_have_files) {
    notes.push_back(
        say({"there was no index: files found in the tree are compared with "
             "their rows and adopted",
             "没有索引：将把目录中已有的文件与数据逐一比对并接管"}));
  }
  index = std::move(*opened);
  if (Result<void> marked = unseen_files::expect(*index, output); !marked) return marked;
  if (!without_acceptances) {
    if (Result<void> taken = take_over_acceptances(notes); !taken) return taken;
  }
  if (!dry_run) {
    if (Result<void> cleared = clear_up(now_text); !cleared) return cleared;
  }
  return read_records();
}

Result<void> HeldTree::take_over_acceptances(std::vector<Message>& notes) {
  const Result<accepted_rejects::TakenOver> taken =
      accepted_rejects::take_over(*index, state_directory);
  if (!taken) return fail(taken.error());
  if (taken->unreadable) {
    // The rows themselves are found again; a run that does not start would help nobody.
    notes.push_back(taken->unreadable->what);
    notes.push_back(taken->unreadable->hint);
  }
  if (taken->count == 0) return {};
  notes.push_back(say(
      {"{0} {2} accepted: {1} outlived the index", "{0} 条拒收记录保持“已接受”：{1} 未随索引丢失"},
      taken->count, accepted_rejects::file_name,
      plural(taken->count, "reject stays", "rejects stay")));
  return {};
}

Result<void> HeldTree::clear_up(const std::string& now_text) {
  Result<RoundJournal> opened = RoundJournal::open(state_directory);
  if (!opened) return fail(std::move(opened.error()));
  journal = std::move(*opened);
  Result<StaleFiles> stale = recover_tree(output, *index, *journal, now_text);
  if (!stale) return fail(std::move(stale.error()));
  not_removed = std::move(stale->failures);
  return {};
}

Result<void> HeldTree::read_records() {
  const Result<std::int64_t> next = index->next_run();
  if (!next) return std::unexpected(next.error());
  run = *next;
  const Result<std::int64_t> last = index->max_id();
  if (!last) return std::unexpected(last.error());
  max_id = *last;
  Result<std::map<std::string, CivilTime, std::less<>>> tenants = index->covered();
  if (!tenants) return fail(std::move(tenants.error()));
  covered = std::move(*tenants);
  const Result<std::vector<Reject>> list = index->rejects();
  if (!list) return std::unexpected(list.error());
  for (const Reject& reject : *list) {
    rejects.insert(reject.key);
    rejecting.add(reject);
    if (reject.reason == doubled_key_reason) {
      doubled[reject.key] = {.hash = reject.hash, .accepted = reject.accepted};
    }
  }
  return {};
}

Result<void> HeldTree::forget_coverage() {
  covered.clear();
  // The copy of a dry run is its own.
  return index->forget_coverage();
}

void HeldTree::examine_damage() {
  if (index && !index_damaged) index_damaged = index->is_damaged();
}

Result<void> HeldTree::put_index_aside() {
  index.reset();
  return exporter::put_index_aside(TreeIndex::path_in(state_directory));
}

Result<void> HeldTree::put_key_aside() {
  if (dry_run) {
    without_index = without_acceptances = true;
    return {};
  }
  // Acceptances that outlived their index would be entered into the new one.
  Result<void> aside = put_file_aside(
      fmt::format("{}/{}", state_directory, accepted_rejects::file_name), other_key_suffix);
  if (!aside) return aside;
  return exporter::put_index_aside(TreeIndex::path_in(state_directory), other_key_suffix);
}

}  // namespace tidemark::exporter
