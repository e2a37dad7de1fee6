#include "export/codec.h"

#include <libdeflate.h>
#include <zstd.h>

#include "base/check.h"
#include "export/fast_gzip.h"

namespace tidemark::exporter {
namespace {

struct FreeGzip {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};
struct FreeZstd {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* d) const { ZSTD_freeDCtx(d); }
};

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorKind::corrupt, {"damaged {} data", "{} 数据已损坏"}, what);
}

Result<std::string> gunzip_first(std::string_view& file, std::size_t limit) {
  const std::unique_ptr<libdeflate_decompressor, FreeGzip> decompressor(
      libdeflate_alloc_decompressor());
  check(decompressor != nullptr, "out of memory");
  std::string member;
  for (std::size_t room = std::max<std::size_t>(file.size() * 4, 4096);; room *= 2) {
    room = std::min(room, limit + 1);
    member.resize(room);
    std::size_t read = 0;
    std::size_t written = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor.get(), file.data(), file.size(), member.data(), room, &read, &written);
    if (result == LIBDEFLATE_SUCCESS && written <= limit) {
      member.resize(written);
      file.remove_prefix(read);
      return member;
    }
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE || room > limit) return damaged("gzip");
  }
}

Result<std::string> unzstd_first(std::string_view& file, std::size_t limit) {
  const std::size_t frame = ZSTD_findFrameCompressedSize(file.data(), file.size());
  if (ZSTD_isError(frame) != 0) return damaged("zstd");
  const std::unique_ptr<ZSTD_DCtx, FreeZstd> context(ZSTD_createDCtx());
  check(context != nullptr, "out of memory");
  std::string content;
  ZSTD_inBuffer in{file.data(), frame, 0};
  std::string block(ZSTD_DStreamOutSize(), '\0');
  for (std::size_t left = 1; left != 0;) {
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    const std::size_t before = in.pos;
    left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(left) != 0 || (out.pos == 0 && in.pos == before && left != 0)) {
      return damaged("zstd");
    }
    content.append(block, 0, out.pos);
    if (content.size() > limit) return damaged("zstd");
  }
  file.remove_prefix(frame);
  return content;
}

}  // namespace

struct Compressor::State {
  Compression compression;
  int level;
  std::unique_ptr<libdeflate_compressor, FreeGzip> gzip;
  std::unique_ptr<ZSTD_CCtx, FreeZstd> zstd;
  std::string buffer;
};

Compressor::Compressor(Compression compression, int level) : state_(std::make_unique<State>()) {
  state_->compression = compression;
  switch (compression) {
    case Compression::none:
      break;
    case Compression::gzip:
      if (level == 0) break;  // fast_gzip() keeps no state.
      state_->gzip.reset(libdeflate_alloc_compressor(level));
      check(state_->gzip != nullptr, "gzip level out of range");
      break;
    case Compression::zstd:
      state_->level = level == 0 ? zstd_level_default : level;
      state_->zstd.reset(ZSTD_createCCtx());
      check(state_->zstd != nullptr, "out of memory");
      break;
  }
}

Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;
Compressor::~Compressor() = default;

std::string_view Compressor::compress(std::string_view payload) {
  State& s = *state_;
  if (s.compression == Compression::none) return payload;
  if (s.compression == Compression::gzip && !s.gzip) {
    const std::size_t size = fast_gzip(payload, s.buffer);
    return std::string_view(s.buffer).substr(0, size);
  }
  const std::size_t bound = s.gzip ? libdeflate_gzip_compress_bound(s.gzip.get(), payload.size())
                                   : ZSTD_compressBound(payload.size());
  if (s.buffer.size() < bound) s.buffer.resize(bound);
  const std::size_t size = s.gzip ? libdeflate_gzip_compress(s.gzip.get(), payload.data(),
                                                             payload.size(), s.buffer.data(), bound)
                                  : ZSTD_compressCCtx(s.zstd.get(), s.buffer.data(), bound,
                                                      payload.data(), payload.size(), s.level);
  check(size != 0 && ZSTD_isError(size) == 0, "compression into a large enough buffer");
  return std::string_view(s.buffer).substr(0, size);
}

Result<std::string> decompress_first(Compression compression, std::string_view& file,
                                     std::size_t limit) {
  switch (compression) {
    case Compression::none:
      if (file.size() > limit) return damaged("stored");
      break;
    case Compression::gzip:
      return gunzip_first(file, limit);
    case Compression::zstd:
      return unzstd_first(file, limit);
  }
  return std::string(std::exchange(file, {}));
}

Result<std::string> decompress(Compression compression, std::string_view file, std::size_t limit) {
  std::string content;
  while (!file.empty()) {
    Result<std::string> piece = decompress_first(compression, file, limit - content.size());
    if (!piece) return piece;
    if (content.empty()) {
      content = std::move(*piece);
    } else {
      content += *piece;
    }
  }
  return content;
}

}  // namespace tidemark::exporter
