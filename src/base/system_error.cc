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

std::string errno_text(int code) {
  std::array<char, 256> buffer{};
  // GNU's strerror_r: the text may be in the buffer or static.
  return ::strerror_r(code, buffer.data(), buffer.size());
}

}  // namespace tidemark
