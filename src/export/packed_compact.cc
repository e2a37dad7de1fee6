#include "export/packed_compact.h"

#include <optional>

#include "base/log.h"
#include "export/codec.h"
#include "export/newest_lines.h"
#include "export/packed_recovery.h"
#include "export/packed_run.h"
#include "export/packed_tree.h"
#include "export/source_record.h"
#include "export/state_admin.h"
#include "export/state_directory.h"
#include "export/tree_lock.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t block_bytes = 4 << 20;

/// The group's lines that are the newest of their keys, packed in blocks.
Result<void> fold_group(NewestLines& newest, std::size_t folder, Compressor& compressor,
                        const Stop& stop, PackedTree& into) {
  PackedBlock block;
  const auto flush = [&]() -> Result<void> {
    PackedBlock packed{.rows = block.rows, .bytes = std::string(compressor.compress(block.bytes))};
    block = {};
    return into.append_to(newest.folder(folder), newest.manifest(folder), std::move(packed));
  };
  Result<void> read = newest.for_each(folder, stop, [&](std::string_view line) {
    ++block.rows;
    block.bytes += line;
    return block.bytes.size() < block_bytes ? Result<void>() : flush();
  });
  if (!read) return read;
  // Also without rows: the group's manifest then lists one empty part.
  return flush();
}

/// Two passes over all parts: find the newest line of each key, then write those lines.
Result<CompactSummary> fold(NewestLines& newest, const CompactOptions& options, TreeIndex& index,
                            const std::string& state_directory, const Clock& clock,
                            const Stop& stop) {
  CompactSummary summary{.groups = newest.folders()};
  const auto every_key = [](std::string_view) { return true; };
  if (Result<void> found = newest.find(every_key, stop); !found) {
    return fail(std::move(found.error()));
  }
  Result<std::string> run = next_packed_run(index, options.output, clock.wall());
  if (!run) return fail(std::move(run.error()));
  PackedTree tree({.mode = Mode::full,
                   .mode_name = "compact",
                   .compression = options.compression,
                   .dry_run = options.dry_run,
                   .run = std::move(*run),
                   .output = options.output},
                  state_directory);
  Compressor compressor(options.compression, options.compression_level);
  for (std::size_t folder = 0; folder < newest.folders(); ++folder) {
    const PackedManifest& manifest = newest.manifest(folder);
    summary.rows_before += manifest.rows();
    summary.rows_after += newest.rows(folder);
    summary.parts_before += manifest.parts.size();
    if (manifest.parts.size() <= 1 && newest.rows(folder) == manifest.rows()) {
      summary.parts_after += manifest.parts.size();
      continue;
    }
    ++summary.groups_folded;
    Result<void> folded = fold_group(newest, folder, compressor, stop, tree);
    if (!folded) return fail(std::move(folded.error()));
  }
  const auto all = [](const std::string&) { return true; };
  const auto no_window = [](const std::string&) { return watermark::Window{}; };
  const Result<PackedTree::Commit> committed =
      tree.commit(index, PackedTree::OldParts::folded, all, no_window);
  if (!committed) return std::unexpected(committed.error());
  if (!committed->unplaced.empty()) return std::unexpected(committed->unplaced.front().error);
  for (const Error& error : committed->failures) log_line(LogLevel::warning, error.what.en);
  summary.parts_after += committed->parts_written;
  summary.bytes_written = committed->bytes_written;
  return summary;
}

/// A mistyped folder, or a tree of the other layout, would look like one with nothing to fold.
Result<void> require_packed(const std::string& output, const std::string& state_directory) {
  if (Result<void> exists = require_state(state_directory); !exists) return exists;
  const Result<std::optional<SourceRecord>> record = SourceRecord::load(state_directory);
  if (!record) return std::unexpected(record.error());
  if (!*record || (*record)->layout != "files") return {};
  return fail(make_error(ErrorKind::unsupported,
                         {"{} has one file for each row (layout files): there are no parts to fold",
                          "{} 为一行一个文件（files 布局），没有可折叠的分片"},
                         output)
                  .with_hint({"compact is for trees of --layout ndjson",
                              "compact 仅用于 --layout ndjson 的目录"}));
}

}  // namespace

Result<CompactSummary> compact(const CompactOptions& options, const Clock& clock,
                               const Stop& stop) {
  const std::string state_directory = state_directory_of(options.output);
  if (Result<void> packed = require_packed(options.output, state_directory); !packed) {
    return fail(std::move(packed.error()));
  }
  std::optional<TreeLock> lock;
  if (!options.dry_run) {
    Result<TreeLock> acquired = TreeLock::acquire(state_directory, clock);
    if (!acquired) return fail(std::move(acquired.error()));
    lock = std::move(*acquired);
    if (Result<void> cleaned = Staging::clean(state_directory); !cleaned) {
      return fail(std::move(cleaned.error()));
    }
  }
  Result<TreeIndex> index = TreeIndex::open(
      state_directory, options.dry_run ? IndexDb::Mode::scratch : IndexDb::Mode::read_write);
  if (!index) return fail(std::move(index.error()));
  Result<TreeFolder> tree = TreeFolder::open(options.output, false);
  if (!tree) return fail(std::move(tree.error()));
  if (!options.dry_run) {
    const Result<StaleFiles> stale = remove_unlisted_parts(*index, *tree);
    if (!stale) return std::unexpected(stale.error());
    for (const Error& error : stale->failures) log_line(LogLevel::warning, error.what.en);
  }
  const Result<Nobodys> nobodys = Nobodys::of(*index, options.output, options.dry_run);
  if (!nobodys) return std::unexpected(nobodys.error());
  Result<NewestLines> newest = NewestLines::open(options.output, *nobodys);
  if (!newest) return fail(std::move(newest.error()));
  Result<CompactSummary> summary = fold(*newest, options, *index, state_directory, clock, stop);
  if (!options.dry_run) {
    const Result<void> cleaned = Staging::clean(state_directory);
    if (summary && !cleaned) return std::unexpected(cleaned.error());
  }
  return summary;
}

}  // namespace tidemark::exporter
