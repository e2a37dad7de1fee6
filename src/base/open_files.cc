#include "base/open_files.h"

#include <sys/resource.h>

#include <algorithm>

namespace tidemark {

std::size_t open_files_share(std::size_t parts, std::size_t most) {
  constexpr std::size_t least = 16;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return least;
  if (limit.rlim_cur == RLIM_INFINITY) return most;
  return std::clamp(static_cast<std::size_t>(limit.rlim_cur) / parts, least, most);
}

}  // namespace tidemark
