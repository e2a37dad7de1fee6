#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tidemark {

void broken_invariant(std::string_view what, std::source_location where) {
  std::fprintf(stderr, "tidemark: broken invariant at %s:%u: %.*s\n", where.file_name(),
               static_cast<unsigned>(where.line()), static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace tidemark
