#include "export/doctor_tree.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/bytes.h"
#include "base/shell_word.h"
#include "base/system_error.h"
#include "base/unique_fd.h"
#include "export/enclosing_tree.h"
#include "export/set_back.h"
#include "export/source_record.h"
#include "export/state_directory.h"
#include "export/tenants.h"
#include "export/tree_index.h"
#include "run/figures.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t free_bytes_wanted = std::uint64_t{1} << 30;
constexpr std::uint64_t free_bytes_needed = std::uint64_t{16} << 20;

/// The folder, or the nearest one above it that is there.
std::string nearest_folder(const std::string& output) {
  std::error_code code;
  fs::path path = fs::absolute(output, code).lexically_normal();
  while (!fs::exists(path, code) && path.has_relative_path()) path = path.parent_path();
  return path.string();
}

std::optional<std::uint64_t> rows_expected(const Patient& patient) {
  const Statement estimate = patient.table.estimate();
  const Result<std::optional<std::string>> rows =
      sql::query_value(patient.connection, estimate.sql, estimate.params);
  if (!rows || !*rows) return std::nullopt;
  return std::strtoull(rows->value().c_str(), nullptr, 10);
}

/// nullopt also if the index cannot be read, which another check tells.
std::optional<SetBack> set_back_of(const std::string& output, const watermark::ClockReading& now,
                                   const watermark::State& state, const SourceTable& table) {
  return TreeIndex::read(state_directory_of(output),
                         [&](TreeIndex& index) {
                           return find_set_back(index, now, state, table.stamps_whole_days());
                         })
      .value_or(std::nullopt);
}

std::uint64_t files_there(const std::string& output) {
  const auto count = [](TreeIndex& index) { return index.count(); };
  return static_cast<std::uint64_t>(TreeIndex::read(state_directory_of(output), count).value_or(0));
}

}  // namespace

Finding check_output(const std::string& output) {
  const std::string folder = nearest_folder(output);
  // A file without a name is the whole truth, unlike access(): it needs space and a writable file
  // system, too. Where the file system has none, permission must do.
  const UniqueFd file(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  const bool writable = file || ((errno == EOPNOTSUPP || errno == EISDIR) &&
                                 ::access(folder.c_str(), W_OK | X_OK) == 0);
  if (!writable) {
    const std::string reason = errno_text(errno);
    return {.check = "output",
            .verdict = Verdict::failure,
            .what = say({"{} cannot be written: {}", "{} 不可写：{}"}, folder, reason),
            .mend = say({"give the user of the export the right to write there, or choose another "
                         "folder with -o",
                         "请授予导出用户写权限，或用 -o 选择其他目录"})};
  }
  std::error_code code;
  if (fs::exists(output, code)) {
    return {.check = "output", .what = say({"{} can be written", "{} 可写"}, output)};
  }
  return {.check = "output", .what = say({"{} will be made", "{} 将被创建"}, output)};
}

Finding check_place(const std::string& output, const std::string& name) {
  const Result<std::optional<std::string>> tree = check_enclosing_tree(output, name);
  if (!tree) {
    return {.check = "place",
            .verdict = Verdict::failure,
            .what = tree.error().what,
            .mend = tree.error().hint};
  }
  if (!*tree) {
    return {.check = "place", .what = say({"in no other export's tree", "不在其他导出的目录内"})};
  }
  return {.check = "place",
          .verdict = Verdict::warning,
          .what = say({"it lies in {}, the tree of another export: no sweep removes files of no "
                       "row here",
                       "位于另一个导出的目录 {} 之内：巡检不会移除此处不属于任何行的文件"},
                      **tree),
          .mend = say({"choose a folder outside of it with -o", "请用 -o 选择其外的目录"})};
}

Finding check_disk(const std::string& output) {
  struct statvfs info{};
  if (::statvfs(nearest_folder(output).c_str(), &info) != 0) {
    return {.check = "disk",
            .verdict = Verdict::warning,
            .what = say({"unknown: {}", "未知：{}"}, errno_text(errno))};
  }
  const std::uint64_t free = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  Finding finding{.check = "disk", .what = say({"{} free", "可用空间 {}"}, run::bytes_text(free))};
  if (free < free_bytes_wanted) {
    finding.verdict = free < free_bytes_needed ? Verdict::failure : Verdict::warning;
    finding.mend =
        say({"make room: a full disk stops an export (nothing is lost, the next run goes "
             "on)",
             "请清理空间：磁盘写满会中断导出（不会丢数据，下次运行会继续）"});
  }
  return finding;
}

Finding check_inodes(const std::string& output, const Patient* patient) {
  struct statvfs info{};
  if (::statvfs(nearest_folder(output).c_str(), &info) != 0 || info.f_files == 0) {
    return {.check = "inodes", .what = say({"not limited", "无限制"})};
  }
  const std::uint64_t free = info.f_favail;
  Finding finding{
      .check = "inodes",
      .what = say({"{} files can be made", "还可创建 {} 个文件"}, run::count_text(free))};
  if (patient == nullptr || patient->options.layout != Layout::files) return finding;
  const std::optional<std::uint64_t> rows = rows_expected(*patient);
  if (!rows) return finding;
  const std::uint64_t there = files_there(output);
  const std::uint64_t missing = *rows > there ? *rows - there : 0;
  if (missing <= free) return finding;
  finding.verdict = Verdict::warning;
  finding.what.en += fmt::format("; about {} are wanted", run::count_text(missing));
  finding.what.zh += fmt::format("；大约需要 {} 个", run::count_text(missing));
  finding.mend = say({"--layout ndjson needs few files; or use a file system made with more inodes",
                      "--layout ndjson 只需很少的文件；或改用 inode 更多的文件系统"});
  return finding;
}

Finding check_state_file(const std::string& output, const Patient* patient) {
  const watermark::StateFile file(state_directory_of(output));
  const Result<watermark::State> state = file.load();
  if (!state) return unchecked("state", state.error(), Verdict::failure);
  if (state->empty()) return {.check = "state", .what = say({"no watermarks yet", "尚无水位"})};
  const Message tenants = tenants_text(state->size());
  Finding finding{.check = "state",
                  .what = {.en = "watermarks of " + tenants.en, .zh = tenants.zh + "的水位"}};
  if (patient == nullptr) return finding;
  // As a run reads the clock.
  const std::string zone = patient->table.run_zone(patient->options.zone);
  if (Result<void> set = patient->connection.set_zone(zone); !set) {
    return unchecked("state", set.error());
  }
  watermark::ClockReading clocks = watermark::read_clocks(patient->clock);
  const Result<CivilTime> now = patient->connection.now();
  if (!now) return unchecked("state", now.error());
  clocks.database = *now;
  const std::optional<SetBack> back = set_back_of(output, clocks, *state, patient->table);
  const auto is_ahead = [&](const auto& entry) { return entry.second.mark > *now; };
  const auto is_typed = [&](const auto& entry) {
    return is_ahead(entry) && !(back && back->is_ours(entry.second.mark));
  };
  if (const auto typed = std::ranges::find_if(*state, is_typed); typed != state->end()) {
    finding.verdict = Verdict::warning;
    finding.what =
        say({"the watermark of tenant {} lies in the future: {}; nothing of it is exported "
             "until then",
             "租户 {} 的水位在未来：{}；到那时之前不会导出其任何数据"},
            printable(typed->first), typed->second.mark.text());
    finding.mend = say({"mend the line, or: tidemark export state reset -o {} {}",
                        "请改正该行，或执行：tidemark export state reset -o {} {}"},
                       shell_quoted(output), shell_quoted(typed->first));
    return finding;
  }
  if (const auto ahead = std::ranges::find_if(*state, is_ahead); ahead != state->end()) {
    finding.verdict = Verdict::warning;
    finding.what = say(
        {"the database's clock was set back: the watermark of tenant {} lies ahead of it ({}), and "
         "runs read what is stamped after {} all the same",
         "数据库时钟曾被回拨：租户 {} 的水位晚于该时钟（{}），运行仍会读取更新时间在 {} "
         "之后的数据"},
        printable(ahead->first), ahead->second.mark.text(), back->read_from.text());
    finding.mend = say({"nothing to mend here: leave the watermarks, and see why the clock was set",
                        "此处无需修复：请保留水位，并查明时钟被调整的原因"});
  }
  return finding;
}

Finding check_tree_index(const std::string& output) {
  const std::string directory = state_directory_of(output);
  std::error_code code;
  if (!fs::exists(TreeIndex::path_in(directory), code)) {
    return {.check = "tree_index", .what = say({"none yet", "尚无"})};
  }
  const Result<std::int64_t> files =
      TreeIndex::read(directory, [](TreeIndex& index) { return index.count(); });
  if (!files) {
    Finding finding = unchecked("tree_index", files.error());
    if (files.error().kind != ErrorKind::corrupt) return finding;
    finding.mend = say({"the next run puts it aside and rebuilds it from tree and database",
                        "下次运行会将其移开，并根据目录和数据库重建"});
    return finding;
  }
  const auto count = static_cast<std::uint64_t>(*files);
  return {.check = "tree_index",
          .what = say({"{0} {1}", "{0} 个文件"}, run::count_text(count),
                      plural(count, "file", "files"))};
}

Finding check_source_record(const std::string& output, const Patient& patient) {
  const Result<std::optional<SourceRecord>> record = SourceRecord::load(state_directory_of(output));
  if (!record) return unchecked("source", record.error(), Verdict::failure);
  if (!*record) {
    return {.check = "source", .what = say({"not yet exported", "尚未导出"})};
  }
  const std::string& name = patient.table.spec().name;
  if (const std::optional<std::string>& other = (*record)->name; other && *other != name) {
    return {
        .check = "source",
        .verdict = Verdict::failure,
        .what = say({"the tree is that of the export '{}', not of '{}': runs refuse to start",
                     "该目录属于导出“{}”，而不是“{}”：运行会被拒绝"},
                    printable(*other), name),
        .mend = say({"give each export a folder of its own (export.{}.output), or confirm a new "
                     "name once with --confirm-source",
                     "请为每个导出设置各自的目录（export.{}.output），或用 --confirm-source "
                     "确认一次新名称"},
                    name)};
  }
  const Result<sql::ServerInfo> server = patient.connection.server();
  if (!server) return unchecked("source", server.error());
  const std::string set_zone = patient.options.zone.empty() ? server->zone : patient.options.zone;
  const std::string zone = patient.table.run_zone(set_zone);
  if ((*record)->zone == zone) {
    return {.check = "source", .what = say({"{}", "{}"}, (*record)->source)};
  }
  return {.check = "source",
          .verdict = Verdict::failure,
          .what = say({"the watermarks were taken in zone {}, now it is {}: runs refuse to start",
                       "水位按时区 {} 记录，现在是 {}：运行会被拒绝"},
                      (*record)->zone, zone),
          .mend = say({"set export.{}.zone as it was, or confirm once with --confirm-zone",
                       "请恢复 export.{}.zone 的设置，或用 --confirm-zone 确认一次"},
                      patient.table.spec().name)};
}

}  // namespace tidemark::exporter
