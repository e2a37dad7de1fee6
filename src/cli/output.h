#pragma once

#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.h"

namespace tidemark::cli {

/// stdout: results only, never a log line. Each call reaches the descriptor at once and whole, so
/// that a reader of JSON lines sees them as they happen. Thread-safe. Waits on a slow reader.
///
/// A failure never stops the work, whose result also stands elsewhere (files, ledger): it is kept,
/// later output is dropped, and failure() reports it at the end.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view text);
  /// `text` and a newline.
  void line(std::string_view text);
  /// One JSON line. Bytes that are not UTF-8 become U+FFFD.
  void json(const nlohmann::ordered_json& object);

  /// A reader that closed the pipe (`| head`) has seen what it wanted: that is no failure.
  /// Errors: no_space, io.
  [[nodiscard]] Result<void> failure() const;

 private:
  const int fd_;
  mutable std::mutex mutex_;
  int error_ = 0;  ///< errno of the first write that failed.
};

}  // namespace tidemark::cli
