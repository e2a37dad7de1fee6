#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "export/chunk.h"

namespace tidemark::exporter {

/// A part of packed rows on its way.
class StagedPart {
 public:
  explicit StagedPart(std::string path);
  StagedPart(StagedPart&&) noexcept;
  StagedPart& operator=(StagedPart&&) noexcept;
  ~StagedPart();

  [[nodiscard]] const std::string& path() const { return path_; }  ///< In the staging folder.
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// Of its bytes, as `xxh128sum` prints it. After StagedParts::flush().
  [[nodiscard]] std::string xxh128() const;

 private:
  friend class StagedParts;
  struct Hash;
  [[nodiscard]] Result<void> write(std::span<std::string> blocks);

  std::string path_;
  std::uint64_t rows_ = 0;
  std::uint64_t bytes_ = 0;
  UniqueFd fd_;                       ///< Closed now and then: see StagedParts.
  std::vector<std::string> waiting_;  ///< Blocks that are not written yet.
  std::size_t waiting_bytes_ = 0;
  std::unique_ptr<Hash> hash_;
};

/// Writes blocks into part files of the staging folder. Rows come in the order of their keys, so a
/// block is a few rows of one group of many: blocks are gathered in memory, 8 MiB of all groups at
/// most, and written in larger pieces. No matter how many groups there are, only so many files are
/// open at a time. One thread at a time.
class StagedParts {
 public:
  struct Options {
    std::string folder;
    /// A part that has grown this large is closed and the next one begun.
    std::uint64_t part_bytes_max = 256 << 20;
    bool dry_run = false;  ///< Counts, and touches no file.
  };
  /// Of one group, in order; blocks go to the last one.
  using Group = std::deque<StagedPart>;

  explicit StagedParts(Options options) : options_(std::move(options)) {}

  /// `group` is only changed here, and outlives the last call. Errors: no_space, io; then the part
  /// is not to be used any more.
  [[nodiscard]] Result<void> append(Group& group, PackedBlock block);
  /// Writes what waits in memory. Errors: no_space, io.
  [[nodiscard]] Result<void> flush();

 private:
  [[nodiscard]] Result<void> write_waiting(StagedPart& part);
  [[nodiscard]] Result<void> begin_part(Group& group);
  [[nodiscard]] Result<void> open(StagedPart& part);
  [[nodiscard]] Result<void> close(StagedPart& part);

  Options options_;
  std::deque<StagedPart*> open_;      ///< Those with a descriptor, oldest first.
  std::vector<StagedPart*> waiting_;  ///< Those with bytes that wait.
  std::size_t waiting_bytes_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace tidemark::exporter
