#pragma once

#include <cstdint>
#include <string>

namespace tidemark::exporter {

/// Shows whether an index was written while somebody read it past its locks (Mode::untouched): the
/// file is another, or has other times, or a write-ahead log came or went.
class IndexStamp {
 public:
  /// Of the database at `path` and its log, as they are now.
  [[nodiscard]] static IndexStamp of(const std::string& path);

  /// What was read between `before` and this one is whole. With the same log at both ends SQLite
  /// had its locks; without any, nobody wrote if nothing changed.
  [[nodiscard]] bool proves(const IndexStamp& before) const;

 private:
  std::uint64_t file_ = 0;  ///< Inode; 0: not there.
  std::uint64_t log_ = 0;
  std::int64_t size_ = 0;
  std::int64_t written_ns_ = 0;
};

}  // namespace tidemark::exporter
