#include "export/nobodys.h"

#include <utility>

#include "export/state_directory.h"

namespace tidemark::exporter {
namespace {

PathSet read_paths(const std::string& output) {
  return TreeIndex::read(state_directory_of(output),
                         [](TreeIndex& index) { return index.nobodys_removals(); })
      .value_or(PathSet());
}

}  // namespace

Result<Nobodys> Nobodys::of(TreeIndex& index, const std::string& output, bool dry_run) {
  Result<PathSet> paths = index.nobodys_removals();
  if (!paths) return fail(std::move(paths.error()));
  Nobodys nobodys{.paths = std::move(*paths)};
  if (dry_run) nobodys.again = [output] { return read_paths(output); };
  return nobodys;
}

Nobodys Nobodys::read(const std::string& output) {
  return {.paths = read_paths(output), .again = [output] { return read_paths(output); }};
}

}  // namespace tidemark::exporter
