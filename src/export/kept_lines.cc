#include "export/kept_lines.h"

#include <optional>
#include <unordered_set>
#include <utility>

#include "export/ndjson_sink.h"
#include "export/newest_lines.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t block_bytes = 1 << 20;

using GroupName = std::pair<std::string, std::string>;

/// As manifests name them.
std::set<GroupName> groups_read(const GroupTable& groups) {
  std::set<GroupName> names;
  for (const GroupCount& group : groups.all()) {
    if (group.rows == 0) continue;
    names.emplace(group.tenant, packed_country(group.country));
  }
  return names;
}

/// `not_written`: why, if it is not the old parts that are to blame.
Result<void> carry_over(NewestLines& newest, std::size_t folder, Compressor& compressor,
                        const Stop& stop, PackedTree& into, std::optional<Error>& not_written) {
  const PackedManifest& group = newest.manifest(folder);
  PackedBlock block;
  const auto flush = [&]() -> Result<void> {
    if (block.rows == 0) return {};
    const PackedBlock packed{.rows = block.rows,
                             .bytes = std::string(compressor.compress(block.bytes))};
    block = {};
    Result<void> appended = into.append(group.tenant, group.country, packed);
    if (!appended) not_written = appended.error();
    return appended;
  };
  Result<void> read = newest.for_each(folder, stop, [&](std::string_view line) {
    ++block.rows;
    block.bytes += line;
    return block.bytes.size() < block_bytes ? Result<void>() : flush();
  });
  return read ? flush() : read;
}

/// Of a part or a manifest, wherever it is to be read.
bool is_damage(const Error& error) {
  return error.kind == ErrorKind::corrupt || error.kind == ErrorKind::not_found ||
         error.kind == ErrorKind::io;
}

Error with_way_out(Error error) {
  return std::move(error).with_hint(
      {"rows are rejected, and their last good lines are looked for in the old parts: mend the "
       "rows, or move the folder of the damaged part out of the tree and export again in full",
       "有被拒收的行，需要在旧分片中查找其最后的有效内容：请修复这些行，"
       "或将损坏分片所在目录移出导出目录后重新全量导出"});
}

}  // namespace

Result<KeptLines> keep_lines(const std::set<Key>& rejected, const GroupTable& groups,
                             Compressor& compressor, const Stop& stop, TreeIndex& index,
                             PackedTree& into) {
  KeptLines kept;
  if (rejected.empty()) return kept;
  std::unordered_set<std::string> keys;
  for (const Key& key : rejected) {
    std::string text;
    append_ndjson_key(text, key);
    keys.insert(std::move(text));
  }
  const auto unreadable = [&kept](Error error) -> Result<KeptLines> {
    if (!is_damage(error)) return fail(std::move(error));
    kept.damage = with_way_out(std::move(error));
    return std::move(kept);
  };
  const Result<Nobodys> nobodys = Nobodys::of(index, into.options().output, into.options().dry_run);
  if (!nobodys) return std::unexpected(nobodys.error());
  Result<NewestLines> newest = NewestLines::open(into.options().output, *nobodys);
  if (!newest) return unreadable(std::move(newest.error()));
  const auto is_rejected = [&keys](std::string_view key) {
    return keys.contains(std::string(key));
  };
  if (Result<void> found = newest->find(is_rejected, stop); !found) {
    return unreadable(std::move(found.error()));
  }
  const std::set<GroupName> read = groups_read(groups);
  for (std::size_t folder = 0; folder < newest->folders(); ++folder) {
    if (newest->rows(folder) == 0) continue;
    const PackedManifest& group = newest->manifest(folder);
    if (!read.contains({group.tenant, group.country})) {
      kept.standing.insert(newest->folder(folder));
      continue;
    }
    kept.rows += newest->rows(folder);
    std::optional<Error> not_written;
    Result<void> carried = carry_over(*newest, folder, compressor, stop, into, not_written);
    if (not_written) return fail(std::move(*not_written));
    if (!carried) return unreadable(std::move(carried.error()));
  }
  return kept;
}

}  // namespace tidemark::exporter
