#pragma once

#include <cstdint>

namespace tidemark::exporter {

/// After how many rows a slice is cut. Rows like those read last should stay below the bytes of a
/// chunk: what the probe counts beyond them, it would pass over in vain.
class ChunkLength {
 public:
  /// Rows at most, and bytes of payloads that fill a chunk.
  ChunkLength(std::uint64_t rows_max, std::uint64_t bytes_max);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  /// From a chunk that was read: so many rows had so many bytes.
  void learn(std::uint64_t rows, std::uint64_t bytes);

  /// However large rows are.
  static constexpr std::uint64_t rows_min = 16;

 private:
  std::uint64_t rows_max_;
  std::uint64_t bytes_max_;
  std::uint64_t rows_;
};

}  // namespace tidemark::exporter
