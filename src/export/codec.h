#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "export/spec.h"

namespace tidemark::exporter {

/// Level used when none is given: fast, and smaller than what moving the bytes would cost. That of
/// gzip is fast_gzip(), below its level 1.
inline constexpr int zstd_level_default = 1;

/// Compresses whole buffers, one complete gzip member or zstd frame each; the same bytes in give
/// the same bytes out (on one kind of processor). One per thread.
class Compressor {
 public:
  /// Levels: gzip 1..12, zstd 1..22; 0 is the default.
  Compressor(Compression compression, int level);
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;
  ~Compressor();

  /// The bytes as they go into a file; without compression `payload` itself. Valid until the next
  /// call and as long as `payload` is.
  [[nodiscard]] std::string_view compress(std::string_view payload);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The whole content of a compressed file (all its members or frames), at most `limit` bytes.
/// Errors: corrupt.
[[nodiscard]] Result<std::string> decompress(Compression compression, std::string_view file,
                                             std::size_t limit);

/// The first member or frame alone; `file` moves behind it. Errors: corrupt.
[[nodiscard]] Result<std::string> decompress_first(Compression compression, std::string_view& file,
                                                   std::size_t limit);

}  // namespace tidemark::exporter
