#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

#include "base/result.h"
#include "run/run_record.h"

namespace tidemark::run {

/// Where records wait while the state database is away: JSON lines in a local file, one record a
/// line, appended whole. Thread-safe and safe between processes (flock).
class Journal {
 public:
  explicit Journal(std::filesystem::path file) : file_(std::move(file)) {}

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }

  /// Durable when it returns. Makes the folder with mode 0700 if needed. Errors: io, no_space.
  [[nodiscard]] Result<void> append(const RunRecord& record) const;

  /// Hands every record to `save`, for each run the last one only, then empties the file. If `save`
  /// fails nothing is removed, and the next replay repeats all: save must bear that. Lines that are
  /// no records are kept in FILE.damaged. Returns how many were saved; 0 without a file.
  /// Errors: those of `save`; io.
  [[nodiscard]] Result<std::size_t> replay(
      const std::function<Result<void>(const RunRecord&)>& save) const;

 private:
  std::filesystem::path file_;
};

}  // namespace tidemark::run
