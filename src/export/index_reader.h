#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "export/index_db.h"
#include "export/key.h"
#include "export/tree_file.h"

namespace tidemark::exporter {

/// Looks rows up beside the writer. One per thread.
class IndexReader {
 public:
  /// `mode`: read_only, or untouched for a dry run.
  [[nodiscard]] static Result<IndexReader> open(const std::string& directory, IndexDb::Mode mode);
  /// One consistent state for many find() calls; cheaper than a transaction for each.
  [[nodiscard]] Result<void> begin();
  void end();
  [[nodiscard]] Result<std::optional<TreeFile>> find(const Key& key);

 private:
  IndexReader(IndexDb db, IndexStatement find) : db_(std::move(db)), find_(std::move(find)) {}
  IndexDb db_;
  IndexStatement find_;
};

}  // namespace tidemark::exporter
