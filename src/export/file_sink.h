#pragma once

#include <optional>

#include "export/codec.h"
#include "export/index_reader.h"
#include "export/path_template.h"
#include "export/row_sink.h"
#include "export/sweep_measures.h"
#include "export/tree_folder.h"
#include "export/tree_index.h"

namespace tidemark::exporter {

/// One file a row (layout `files`).
class FileSink final : public RowSink {
 public:
  struct Options {
    Compression compression = Compression::none;
    int compression_level = 0;
    /// Files may lie in the tree that the index does not know: look before writing.
    bool adopt = true;
    /// Sweep: tell why rows are not in the tree.
    std::optional<SweepMeasures> sweep{};
  };
  /// `reader` is nullopt when the index is empty; `staging` for a dry run.
  FileSink(TreeFolder* tree, std::optional<IndexReader> reader, std::optional<Staging> staging,
           const PathTemplate& path, const Options& options);

  [[nodiscard]] bool uses_hashes() const override { return true; }
  [[nodiscard]] Result<void> begin(Chunk& chunk) override;
  [[nodiscard]] Result<bool> is_known(const SourceRow& row, const ContentHash& hash) override;
  [[nodiscard]] Result<void> add(Chunk& chunk, const SourceRow& row, std::size_t group,
                                 const ContentHash& hash) override;
  [[nodiscard]] Result<Held> held(const SourceRow& row, const ContentHash& hash) override;
  [[nodiscard]] Result<void> keep(Chunk& chunk, const SourceRow& row) override;
  [[nodiscard]] Result<void> end(Chunk& chunk) override;
  void discard(Chunk& chunk) override;

 private:
  /// Looks the row up once for is_known() and add().
  [[nodiscard]] Result<void> look_up(const Key& key);
  void note_finding(Chunk& chunk, const SourceRow& row, const RowPlan& plan,
                    bool same_content) const;
  [[nodiscard]] bool has_content(const TreePath& path, const SourceRow& row);
  [[nodiscard]] std::optional<RowPlan> already_there(const SourceRow& row, RowPlan& plan);

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
