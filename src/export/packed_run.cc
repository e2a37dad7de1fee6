#include "export/packed_run.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "export/packed_manifest.h"
#include "export/tree_folder.h"

namespace tidemark::exporter {
namespace {

constexpr std::string_view newest_run_meta = "packed_run";

/// nullopt if packed_run_name() writes no such name.
std::optional<WallTime> packed_run_time(std::string_view name) {
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    std::from_chars(name.data() + at, name.data() + at + digits, value);
    return value;
  };
  if (name.size() != packed_run_name({}).size()) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(6, 2)))};
  if (!day.ok()) return std::nullopt;
  const WallTime time = std::chrono::sys_days(day) + std::chrono::hours(number(9, 2)) +
                        std::chrono::minutes(number(11, 2)) + std::chrono::seconds(number(13, 2)) +
                        std::chrono::microseconds(number(16, 6));
  // What was not all digits reads differently.
  if (packed_run_name(time) != name) return std::nullopt;
  return time;
}

/// Empty if there is no tree, or no part in it.
Result<std::string> newest_in_manifests(const std::string& output) {
  std::string newest;
  Result<TreeFolder> tree = TreeFolder::open(output, false);
  if (!tree && tree.error().kind == ErrorKind::not_found) return newest;
  if (!tree) return fail(std::move(tree.error()));
  const Result<std::vector<std::string>> folders = PackedManifest::folders(output);
  if (!folders) return std::unexpected(folders.error());
  for (const std::string& folder : *folders) {
    const Result<std::optional<PackedManifest>> manifest = PackedManifest::load(*tree, folder);
    if (!manifest) {
      const Result<std::vector<std::string>> files = tree->names(folder);
      if (!files) return std::unexpected(files.error());
      for (const std::string& file : *files) newest = std::max(newest, run_of_part(file));
      continue;
    }
    if (!*manifest) continue;
    for (const PackedPart& part : (*manifest)->parts) newest = std::max(newest, part.run);
  }
  return newest;
}

}  // namespace

std::string packed_run_name(WallTime now) {
  return fmt::format("{:%Y%m%dT%H%M%S}-{:06}", std::chrono::floor<std::chrono::seconds>(now),
                     now.time_since_epoch().count() % 1'000'000);
}

Result<std::string> next_packed_run(TreeIndex& index, const std::string& output, WallTime now) {
  Result<std::string> newest = index.meta(newest_run_meta);
  if (newest && newest->empty()) newest = newest_in_manifests(output);
  if (!newest) return newest;
  std::string name = packed_run_name(now);
  if (*newest < name) return name;
  const std::optional<WallTime> last = packed_run_time(*newest);
  if (!last) {
    return fail(ErrorKind::corrupt, {"\"{}\" is not the name of a run", "“{}”不是运行名称"},
                printable(*newest));
  }
  return packed_run_name(*last + std::chrono::microseconds{1});
}

std::string run_of_part(std::string_view file) {
  const std::string run(file.substr(0, packed_run_name({}).size()));
  return packed_run_time(run) ? run : std::string();
}

Result<void> note_packed_run(TreeIndex& index, const std::string& run) {
  return index.set_meta(newest_run_meta, run);
}

}  // namespace tidemark::exporter
