#include "export/index_stamp.h"

#include <sys/stat.h>

namespace tidemark::exporter {

IndexStamp IndexStamp::of(const std::string& path) {
  constexpr std::int64_t ns_per_s = 1'000'000'000;
  IndexStamp stamp;
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) {
    stamp.file_ = info.st_ino;
    stamp.size_ = info.st_size;
    stamp.written_ns_ = info.st_mtim.tv_sec * ns_per_s + info.st_mtim.tv_nsec;
  }
  if (::stat((path + "-wal").c_str(), &info) == 0) stamp.log_ = info.st_ino;
  return stamp;
}

bool IndexStamp::proves(const IndexStamp& before) const {
  if (file_ != before.file_ || log_ != before.log_) return false;
  return log_ != 0 || (size_ == before.size_ && written_ns_ == before.written_ns_);
}

}  // namespace tidemark::exporter
