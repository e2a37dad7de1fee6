#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "export/chunk.h"
#include "export/codec.h"
#include "export/path_template.h"
#include "export/tree_folder.h"
#include "export/tree_index.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// Where a worker puts the good rows of a chunk. One per worker; what it adds to a chunk becomes
/// visible only when the publisher takes the chunk.
class RowSink {
 public:
  virtual ~RowSink() = default;
  [[nodiscard]] virtual Result<void> begin(Chunk& chunk) = 0;
  /// `hash` is of the payload. Errors: no_space, io, corrupt (index): the chunk fails.
  [[nodiscard]] virtual Result<void> add(Chunk& chunk, const SourceRow& row, std::size_t group,
                                         const ContentHash& hash) = 0;
  /// Whether the index vouches for exactly this content of this row.
  [[nodiscard]] virtual Result<bool> is_known(const SourceRow& row, const ContentHash& hash) = 0;
  /// The row is there, but nothing is written for it (rejected): its old file is not stale.
  [[nodiscard]] virtual Result<void> keep(Chunk& chunk, const SourceRow& row) = 0;
  [[nodiscard]] virtual Result<void> end(Chunk& chunk) = 0;
  /// The chunk failed: takes back what add() did.
  virtual void discard(Chunk& chunk) = 0;
};

/// One file a row (layout `files`).
class FileSink final : public RowSink {
 public:
  struct Options {
    Compression compression = Compression::none;
    int compression_level = 0;
    /// Files may lie in the tree that the index does not know: look before writing.
    bool adopt = true;
    /// Sweep: tell why rows are not in the tree, measured by these watermarks.
    const watermark::State* marks = nullptr;
  };
  /// `reader` is nullopt when the index is empty; `staging` for a dry run.
  FileSink(TreeFolder* tree, std::optional<IndexReader> reader, std::optional<Staging> staging,
           const PathTemplate& path, const Options& options);

  [[nodiscard]] Result<void> begin(Chunk& chunk) override;
  [[nodiscard]] Result<bool> is_known(const SourceRow& row, const ContentHash& hash) override;
  [[nodiscard]] Result<void> add(Chunk& chunk, const SourceRow& row, std::size_t group,
                                 const ContentHash& hash) override;
  [[nodiscard]] Result<void> keep(Chunk& chunk, const SourceRow& row) override;
  [[nodiscard]] Result<void> end(Chunk& chunk) override;
  void discard(Chunk& chunk) override;

 private:
  /// Looks the row up once for is_known() and add().
  [[nodiscard]] Result<void> look_up(const Key& key);
  void note_finding(Chunk& chunk, const SourceRow& row, const RowPlan& plan,
                    bool same_content) const;
  [[nodiscard]] bool has_content(const TreePath& path, const SourceRow& row);
  [[nodiscard]] std::optional<RowPlan> already_there(const SourceRow& row, const RowPlan& plan);

  TreeFolder* tree_;  ///< nullptr: there is no tree yet (dry run).
  std::optional<IndexReader> reader_;
  std::optional<Staging> staging_;
  const PathTemplate& path_;
  Options options_;
  Compressor compressor_;
  std::optional<Key> looked_up_;
  std::optional<TreeFile> entry_;
};

}  // namespace tidemark::exporter
