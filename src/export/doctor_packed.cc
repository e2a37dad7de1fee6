#include "export/doctor_packed.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "export/packed_folder.h"
#include "export/source_record.h"
#include "export/state_directory.h"
#include "run/figures.h"

namespace tidemark::exporter {
namespace {

struct Parts {
  std::uint64_t groups = 0;
  std::uint64_t parts = 0;
  std::uint64_t faults = 0;
  std::optional<Error> first;

  void add(Error fault) {
    ++faults;
    if (!first) first = std::move(fault);
  }
};

/// Errors: corrupt, not_found, io.
Result<void> check_part(TreeFolder& tree, const std::string& path, const PackedPart& part) {
  const Result<UniqueFd> file = tree.open_file(path);
  if (!file) return std::unexpected(file.error());
  struct stat info{};
  if (::fstat(file->get(), &info) == 0 && static_cast<std::uint64_t>(info.st_size) == part.bytes) {
    return {};
  }
  return fail(make_error(ErrorKind::corrupt,
                         {"{} has not the {} bytes that its manifest lists",
                          "{} 的大小不是清单所记的 {} 字节"},
                         path, part.bytes)
                  .with_hint({"put it back from a backup, or move its whole folder away and export "
                              "in full",
                              "请从备份恢复该文件，或移走其所在的整个文件夹后全量导出"}));
}

Result<Parts> look_through(const std::string& output) {
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree) return fail(std::move(tree.error()));
  const Result<std::vector<std::string>> folders = packed_folders(output);
  if (!folders) return std::unexpected(folders.error());
  const Nobodys nobodys = Nobodys::read(output);
  Parts found;
  for (const std::string& folder : *folders) {
    Result<std::optional<PackedManifest>> manifest = load_packed_folder(*tree, folder, nobodys);
    if (!manifest) {
      found.add(std::move(manifest.error()));
      continue;
    }
    if (!*manifest) continue;
    ++found.groups;
    for (const PackedPart& part : (*manifest)->parts) {
      ++found.parts;
      Result<void> right = check_part(*tree, folder + "/" + part.file, part);
      if (!right) found.add(std::move(right.error()));
    }
  }
  return found;
}

}  // namespace

std::optional<Finding> check_parts(const std::string& output) {
  const Result<std::optional<SourceRecord>> record = SourceRecord::load(state_directory_of(output));
  if (!record || !*record || (*record)->layout != "ndjson") return std::nullopt;
  const Result<Parts> found = look_through(output);
  if (!found) return unchecked("parts", found.error());
  if (found->first) {
    Finding finding = unchecked("parts", *found->first, Verdict::failure);
    if (found->faults > 1) {
      finding.what.en += fmt::format(" (and {} more)", found->faults - 1);
      finding.what.zh += fmt::format("（另有 {} 处）", found->faults - 1);
    }
    return finding;
  }
  return Finding{
      .check = "parts",
      .what = say({"{0} {1} in {2} {3}, all there", "{2} 个分组共 {0} 个分片，均在"},
                  run::count_text(found->parts), plural(found->parts, "part", "parts"),
                  run::count_text(found->groups), plural(found->groups, "group", "groups"))};
}

}  // namespace tidemark::exporter
