#include "samples/text_file.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/bytes.h"
#include "base/system_error.h"

namespace tidemark::samples {
namespace {

struct CloseGzip {
  void operator()(gzFile file) const { gzclose_r(file); }
};
using GzipFile = std::unique_ptr<gzFile_s, CloseGzip>;

}  // namespace

Result<ByteSource> open_text_file(const std::string& path) {
  std::shared_ptr<gzFile_s> file = GzipFile(gzopen(path.c_str(), "rbe"));  // e: O_CLOEXEC
  if (!file) return fail_errno(errno, {"cannot open {}", "无法打开 {}"}, printable(path));
  gzbuffer(file.get(), 256 * 1024);

  return [file, path](char* into, std::size_t limit) -> Result<std::size_t> {
    constexpr std::size_t most = 1 << 30;
    const int read = gzread(file.get(), into, static_cast<unsigned>(std::min(limit, most)));
    int code = Z_OK;
    const std::string reason = gzerror(file.get(), &code);
    // A torn file ends with Z_BUF_ERROR, after what could be unpacked.
    if (read < 0 || (read == 0 && code != Z_OK && code != Z_STREAM_END)) {
      return fail(code == Z_ERRNO ? ErrorKind::io : ErrorKind::corrupt,
                  {"cannot read {}: {}", "无法读取 {}：{}"}, printable(path), reason);
    }
    return static_cast<std::size_t>(read);
  };
}

}  // namespace tidemark::samples
