#pragma once

#include "base/result.h"
#include "export/chunk.h"

namespace tidemark::exporter {

/// How much of a row the tree holds under the row's key.
enum class Held {
  nothing,  ///< No row of the key, or one of another name.
  name,     ///< A row of its name, with another content.
  all,      ///< Just this row.
};

/// Where a worker puts the good rows of a chunk. One per worker; what it adds to a chunk becomes
/// visible only when the publisher takes the chunk.
class RowSink {
 public:
  virtual ~RowSink() = default;
  [[nodiscard]] virtual Result<void> begin(Chunk& chunk) = 0;
  /// Whether it looks at the hashes that the calls below are given; they are zero otherwise.
  [[nodiscard]] virtual bool uses_hashes() const = 0;
  /// `hash` is of the payload. Errors: no_space, io, corrupt (index): the chunk fails.
  [[nodiscard]] virtual Result<void> add(Chunk& chunk, const SourceRow& row, std::size_t group,
                                         const ContentHash& hash) = 0;
  /// Whether the index vouches for exactly this content of this row.
  [[nodiscard]] virtual Result<bool> is_known(const SourceRow& row, const ContentHash& hash) = 0;
  [[nodiscard]] virtual Result<Held> held(const SourceRow& row, const ContentHash& hash) = 0;
  /// The row is there, but nothing is written for it (rejected): its old file is not stale.
  [[nodiscard]] virtual Result<void> keep(Chunk& chunk, const SourceRow& row) = 0;
  [[nodiscard]] virtual Result<void> end(Chunk& chunk) = 0;
  /// The chunk failed: takes back what add() did.
  virtual void discard(Chunk& chunk) = 0;
};

}  // namespace tidemark::exporter
