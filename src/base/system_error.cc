#include "base/system_error.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace tidemark {

ErrorKind kind_of_errno(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return ErrorKind::no_space;
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::not_found;
    default:
      return ErrorKind::io;
  }
}

Message hint_of_errno(int code) {
  if (kind_of_errno(code) != ErrorKind::no_space) return {};
  return {"make room there (df -h for space, df -i for the number of files), then run it again",
          "请清理该磁盘（df -h 查看空间，df -i 查看文件数），然后重新运行"};
}

std::string errno_text(int code) {
  std::array<char, 256> buffer{};
  // GNU's strerror_r: the text may be in the buffer or static.
  return ::strerror_r(code, buffer.data(), buffer.size());
}

}  // namespace tidemark
