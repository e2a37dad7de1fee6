#include "export/chunk_length.h"

#include <algorithm>

namespace tidemark::exporter {
namespace {

/// Before the size of a row is known.
constexpr std::uint64_t rows_at_first = 512;

}  // namespace

ChunkLength::ChunkLength(std::uint64_t rows_max, std::uint64_t bytes_max)
    : rows_max_(rows_max), bytes_max_(bytes_max), rows_(std::min(rows_at_first, rows_max)) {}

void ChunkLength::learn(std::uint64_t rows, std::uint64_t bytes) {
  if (rows == 0) return;
  // An eighth is left for rows that are larger than the mean.
  const std::uint64_t row_bytes = std::max<std::uint64_t>(bytes / rows, 1);
  const std::uint64_t fitting = bytes_max_ / 8 * 7 / row_bytes;
  // A few small rows say little about those to come.
  const std::uint64_t most = rows < rows_ ? rows_ : rows_max_;
  rows_ = std::min(std::max(fitting, rows_min), most);
}

}  // namespace tidemark::exporter
