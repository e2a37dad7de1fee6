#include "export/packed_compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "base/log.h"
#include "export/codec.h"
#include "export/packed_manifest.h"
#include "export/packed_reader.h"
#include "export/packed_tree.h"
#include "export/source_record.h"
#include "export/state_admin.h"
#include "export/tree_lock.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t block_bytes = 4 << 20;

struct Part {
  std::size_t folder = 0;
  std::size_t number = 0;       ///< In its manifest.
  std::int64_t first_line = 0;  ///< Lines are numbered through, parts in the order of their runs.
};

/// Two passes over all parts: find the newest line of each key, then write those lines.
class Compaction {
 public:
  Compaction(const CompactOptions& options, const Clock& clock, const Stop& stop, TreeFolder tree,
             IndexDb newest)
      : options_(options),
        clock_(clock),
        stop_(stop),
        tree_(std::move(tree)),
        newest_(std::move(newest)) {}

  Result<void> load();
  Result<void> find_newest();
  Result<void> fold(TreeIndex& index, const std::string& state_directory);
  [[nodiscard]] const CompactSummary& summary() const { return summary_; }

 private:
  [[nodiscard]] std::string path_of(const Part& part) const {
    return fmt::format("{}/{}", folders_[part.folder],
                       manifests_[part.folder].parts[part.number].file);
  }
  Result<void> cancelled() const {
    if (!stop_.requested()) return {};
    return fail(ErrorKind::cancelled, {"stopped; the tree is as it was", "已中止；目录保持原样"});
  }
  Result<bool> is_newest(IndexStatement& find, std::string_view line, std::int64_t number) const {
    const Result<PackedLineHead> head = read_line_head(line);
    if (!head) return std::unexpected(head.error());
    const Result<bool> found = find.reset().bind_text(head->key).step();
    if (!found) return found;
    const bool newest = *found && find.number(0) == number;
    find.reset();
    return newest;
  }

  const CompactOptions& options_;
  const Clock& clock_;
  const Stop& stop_;
  TreeFolder tree_;
  IndexDb newest_;
  std::vector<std::string> folders_;
  std::vector<PackedManifest> manifests_;
  std::vector<Part> parts_;
  std::vector<std::uint64_t> kept_;  ///< By folder.
  CompactSummary summary_;
};

Result<void> Compaction::load() {
  Result<std::vector<std::string>> folders = PackedManifest::folders(options_.output);
  if (!folders) return fail(std::move(folders.error()));
  folders_ = std::move(*folders);
  for (std::size_t folder = 0; folder < folders_.size(); ++folder) {
    Result<std::optional<PackedManifest>> manifest = PackedManifest::load(tree_, folders_[folder]);
    if (!manifest) return fail(std::move(manifest.error()));
    manifests_.push_back(std::move(manifest->value()));
    for (std::size_t i = 0; i < manifests_.back().parts.size(); ++i) {
      parts_.push_back({.folder = folder, .number = i});
    }
    summary_.rows_before += manifests_.back().rows();
    summary_.parts_before += manifests_.back().parts.size();
  }
  summary_.groups = folders_.size();
  kept_.resize(folders_.size());
  std::ranges::sort(parts_, {}, [this](const Part& part) {
    return std::tuple(std::string_view(manifests_[part.folder].parts[part.number].run), part.folder,
                      part.number);
  });
  return {};
}

Result<void> Compaction::find_newest() {
  if (Result<void> made = newest_.run(
          "CREATE TABLE newest (key TEXT PRIMARY KEY, line INTEGER, run TEXT, update_time TEXT, "
          "folder INTEGER) WITHOUT ROWID; BEGIN");
      !made) {
    return made;
  }
  Result<IndexStatement> put = newest_.prepare(
      "INSERT INTO newest VALUES(?1,?2,?3,?4,?5) ON CONFLICT(key) DO UPDATE SET line=?2, run=?3, "
      "update_time=?4, folder=?5 WHERE run < ?3 OR (run = ?3 AND update_time <= ?4)");
  if (!put) return fail(std::move(put.error()));
  std::int64_t line_number = 0;
  for (Part& part : parts_) {
    part.first_line = line_number;
    const PackedPart& listed = manifests_[part.folder].parts[part.number];
    Result<void> read = for_each_packed_line(tree_, path_of(part), [&](std::string_view line) {
      const Result<PackedLineHead> head = read_line_head(line);
      if (!head) return Result<void>(std::unexpected(head.error()));
      return put->reset()
          .bind_text(head->key)
          .bind(line_number++)
          .bind_text(listed.run)
          .bind_text(head->update_time)
          .bind(static_cast<std::int64_t>(part.folder))
          .run();
    });
    if (!read) return read;
    if (static_cast<std::uint64_t>(line_number - part.first_line) != listed.rows) {
      return fail(ErrorKind::corrupt,
                  {"{} has {} rows, its manifest says {}", "{} 有 {} 行，而清单记为 {} 行"},
                  path_of(part), line_number - part.first_line, listed.rows);
    }
    if (Result<void> stopped = cancelled(); !stopped) return stopped;
  }
  Result<IndexStatement> count =
      newest_.prepare("SELECT folder, COUNT(*) FROM newest GROUP BY folder");
  if (!count) return fail(std::move(count.error()));
  while (true) {
    const Result<bool> row = count->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    kept_[static_cast<std::size_t>(count->number(0))] =
        static_cast<std::uint64_t>(count->number(1));
    summary_.rows_after += static_cast<std::uint64_t>(count->number(1));
  }
  return {};
}

Result<void> Compaction::fold(TreeIndex& index, const std::string& state_directory) {
  Result<std::string> run = next_packed_run(index, options_.output, clock_.wall());
  if (!run) return fail(std::move(run.error()));
  PackedTree tree({.mode = Mode::full,
                   .mode_name = "compact",
                   .compression = options_.compression,
                   .dry_run = options_.dry_run,
                   .run = std::move(*run),
                   .output = options_.output},
                  state_directory);
  Compressor compressor(options_.compression, options_.compression_level);
  Result<IndexStatement> find = newest_.prepare("SELECT line FROM newest WHERE key = ?");
  if (!find) return fail(std::move(find.error()));
  for (std::size_t folder = 0; folder < folders_.size(); ++folder) {
    const PackedManifest& manifest = manifests_[folder];
    if (manifest.parts.size() <= 1 && kept_[folder] == manifest.rows()) {
      summary_.parts_after += manifest.parts.size();
      continue;
    }
    ++summary_.groups_folded;
    PackedBlock block;
    const auto flush = [&]() -> Result<void> {
      PackedBlock packed{.rows = block.rows,
                         .bytes = std::string(compressor.compress(block.bytes))};
      block = {};
      return tree.append_to(folders_[folder], manifest, packed);
    };
    for (const Part& part : parts_) {
      if (part.folder != folder) continue;
      std::int64_t number = part.first_line;
      Result<void> read = for_each_packed_line(tree_, path_of(part), [&](std::string_view line) {
        const Result<bool> newest = is_newest(*find, line, number++);
        if (!newest) return Result<void>(std::unexpected(newest.error()));
        if (!*newest) return Result<void>();
        ++block.rows;
        block.bytes += line;
        return block.bytes.size() < block_bytes ? Result<void>() : flush();
      });
      if (!read) return read;
      if (Result<void> stopped = cancelled(); !stopped) return stopped;
    }
    // Also without rows: the group's manifest then lists one empty part.
    if (Result<void> flushed = flush(); !flushed) return flushed;
  }
  if (options_.dry_run) return {};
  const auto all = [](const std::string&) { return true; };
  const auto no_window = [](const std::string&) { return watermark::Window{}; };
  Result<PackedTree::Counts> counts = tree.commit(index, all, no_window, false, false);
  if (!counts) return fail(std::move(counts.error()));
  summary_.parts_after += counts->parts_written;
  summary_.bytes_written = counts->bytes_written;
  return {};
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
    const Result<StaleFiles> stale = PackedTree::remove_unlisted(*index, *tree);
    if (!stale) return std::unexpected(stale.error());
    for (const Error& error : stale->failures) log_line(LogLevel::warning, error.what.en);
  }
  Result<IndexDb> newest = IndexDb::open("", IndexDb::Mode::scratch);
  if (!newest) return fail(std::move(newest.error()));

  Compaction compaction(options, clock, stop, std::move(*tree), std::move(*newest));
  Result<void> done = compaction.load();
  if (done) done = compaction.find_newest();
  if (done) done = compaction.fold(*index, state_directory);
  const Result<void> cleaned = options.dry_run ? Result<void>{} : Staging::clean(state_directory);
  if (!done) return fail(std::move(done.error()));
  if (!cleaned) return std::unexpected(cleaned.error());
  return compaction.summary();
}

}  // namespace tidemark::exporter
