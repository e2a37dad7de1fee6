#include "export/file_sink.h"

namespace tidemark::exporter {
namespace {

/// What an old exporter may have put behind the payload (a newline), and gzip's own overhead.
constexpr std::size_t content_slack = 4096;

}  // namespace

FileSink::FileSink(TreeFolder* tree, std::optional<IndexReader> reader,
                   std::optional<Staging> staging, const PathTemplate& path, const Options& options)
    : tree_(tree),
      reader_(std::move(reader)),
      staging_(std::move(staging)),
      path_(path),
      options_(options),
      compressor_(options.compression, options.compression_level) {}

Result<void> FileSink::begin(Chunk& chunk) {
  looked_up_.reset();
  if (staging_) {
    staging_->turn();
    chunk.staging = staging_->fd();
  }
  return reader_ ? reader_->begin() : Result<void>{};
}

Result<void> FileSink::end(Chunk& /*chunk*/) {
  if (reader_) reader_->end();
  return {};
}

void FileSink::discard(Chunk& chunk) {
  if (reader_) reader_->end();
  if (!staging_) return;
  for (const RowPlan& plan : chunk.plans) {
    if (!plan.staged.empty()) staging_->discard(plan.staged);
  }
}

Result<void> FileSink::look_up(const Key& key) {
  if (looked_up_ == key) return {};
  entry_.reset();
  if (reader_) {
    Result<std::optional<TreeFile>> found = reader_->find(key);
    if (!found) return fail(std::move(found.error()));
    entry_ = std::move(*found);
  }
  looked_up_ = key;
  return {};
}

Result<bool> FileSink::is_known(const SourceRow& row, const ContentHash& hash) {
  if (!reader_) return false;
  if (Result<void> done = look_up(row.key); !done) return fail(std::move(done.error()));
  return entry_ && entry_->hash == hash;
}

Result<Held> FileSink::held(const SourceRow& row, const ContentHash& hash) {
  if (Result<void> done = look_up(row.key); !done) return fail(std::move(done.error()));
  if (!entry_) {
    // The index was lost, or never knew the file.
    RowPlan plan{.key = row.key,
                 .path = {.stem = path_.stem(row), .compression = options_.compression},
                 .hash = hash};
    return already_there(row, plan) ? Held::all : Held::nothing;
  }
  if (!is_name_of(entry_->path.stem, path_.stem(row), row.key.text())) return Held::nothing;
  return entry_->hash == hash ? Held::all : Held::name;
}

Result<void> FileSink::keep(Chunk& chunk, const SourceRow& row) {
  if (Result<void> done = look_up(row.key); !done) return done;
  if (entry_) {
    chunk.seen.push_back(entry_->id);
  } else {
    // The index was lost, or the tree is an older exporter's: the row's last good file may lie
    // there all the same, and it cannot be made again.
    chunk.rejected_names.push_back(name_hash(path_.stem(row)));
  }
  return {};
}

bool FileSink::has_content(const TreePath& path, const SourceRow& row) {
  const std::optional<std::string> content =
      tree_->content(path, row.payload.size() + content_slack);
  if (!content) return false;
  std::string_view text = *content;
  if (text.size() == row.payload.size() + 1 && text.ends_with('\n')) text.remove_suffix(1);
  return text == row.payload;
}

/// A plan that leaves the file as it is, if the right one is there. Else `plan` learns whether it
/// is alone.
std::optional<RowPlan> FileSink::already_there(const SourceRow& row, RowPlan& plan) {
  if (tree_ == nullptr) return std::nullopt;
  RowPlan found = plan;
  if (entry_) {
    found.path = entry_->path;
    found.action = RowPlan::Action::refresh;
    const std::optional<FileStamp> stamp = tree_->stamp(found.path);
    if (!stamp || !has_content(found.path, row)) return std::nullopt;
    found.stamp = *stamp;
    return found;
  }
  if (!options_.adopt) return std::nullopt;
  plan.alone = true;
  // Asked once: each of the names would have to look for the folder anew.
  if (!tree_->has_folder_of(plan.path)) return std::nullopt;
  found.action = RowPlan::Action::adopt;
  // The run's own form first; else whatever an older exporter left.
  std::vector<Compression> order{options_.compression};
  for (const Compression other : all_compressions) {
    if (other != options_.compression) order.push_back(other);
  }
  for (const Compression compression : order) {
    found.path.compression = compression;
    const std::optional<FileStamp> stamp = tree_->stamp(found.path);
    if (stamp) plan.alone = false;
    if (!stamp || !has_content(found.path, row)) continue;
    found.stamp = *stamp;
    return found;
  }
  return std::nullopt;
}

void FileSink::note_finding(Chunk& chunk, const SourceRow& row, const RowPlan& plan,
                            bool same_content) const {
  const SweepFinding finding = same_content
                                   ? SweepFinding::file_damaged
                                   : options_.sweep->finding_of(row.tenant, row.update_time);
  chunk.findings.add(finding, row.key, plan.path.text());
}

Result<void> FileSink::add(Chunk& chunk, const SourceRow& row, std::size_t group,
                           const ContentHash& hash) {
  if (Result<void> done = look_up(row.key); !done) return done;
  RowPlan plan{.key = row.key,
               .group = group,
               .known = entry_.has_value(),
               .path = {.stem = path_.stem(row), .compression = options_.compression},
               .hash = hash};
  if (entry_) chunk.seen.push_back(entry_->id);

  const bool name_stays = entry_ && is_name_of(entry_->path.stem, plan.path.stem, row.key.text());
  if (name_stays && entry_->hash == hash && tree_ != nullptr) {
    const std::optional<FileStamp> stamp = tree_->stamp(entry_->path);
    if (stamp && *stamp == FileStamp{.size = entry_->size, .mtime = entry_->mtime}) {
      chunk.groups[group].unchanged++;
      return {};
    }
  }
  if (!entry_ || (name_stays && entry_->hash == hash)) {
    if (std::optional<RowPlan> there = already_there(row, plan)) {
      chunk.plans.push_back(std::move(*there));
      return {};
    }
  }
  if (options_.sweep) {
    note_finding(chunk, row, plan, name_stays && entry_->hash == hash);
  }
  const std::string_view bytes = compressor_.compress(row.payload);
  if (staging_) {
    Result<Staging::File> staged = staging_->write(bytes);
    if (!staged) return fail(std::move(staged.error()));
    plan.staged = std::move(staged->name);
    plan.stamp = staged->stamp;
  } else {
    plan.stamp.size = bytes.size();
  }
  chunk.plans.push_back(std::move(plan));
  return {};
}

}  // namespace tidemark::exporter
