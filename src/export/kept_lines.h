#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/stop.h"
#include "export/chunk.h"
#include "export/codec.h"
#include "export/key.h"
#include "export/packed_tree.h"

namespace tidemark::exporter {

struct KeptLines {
  std::uint64_t rows = 0;  ///< Lines that were carried over.
  /// Folders of groups that the run did not read, with the last good line of a rejected row (it
  /// moved to another group and broke there): they are not gone.
  std::set<std::string> standing;
  /// Why old parts could not be read: all of them are to be kept. Until somebody mends it, every
  /// run would meet the same.
  std::optional<Error> damage;
};

/// A full export replaces the parts of the groups that it read. Rows that it had to reject have no
/// new line; so that their last good one is not lost, their newest lines of the old parts are
/// appended to the new ones. `rejected` are the keys, `groups` what was read. Reads all parts of
/// the tree if there is any such row, and nothing otherwise. Before commit().
/// Errors: no_space, io (of what is written), cancelled, those of the index.
[[nodiscard]] Result<KeptLines> keep_lines(const std::set<Key>& rejected, const GroupTable& groups,
                                           Compressor& compressor, const Stop& stop,
                                           TreeIndex& index, PackedTree& into);

}  // namespace tidemark::exporter
