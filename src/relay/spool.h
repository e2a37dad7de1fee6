#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tidemark::relay {

/// One request that waits for the hub.
struct SpoolRecord {
  std::string key;         ///< Its Idempotency-Key: sent twice, it counts once.
  std::string bytes;       ///< The request's body, as it was given.
  std::int64_t begin = 0;  ///< Where it stands in the file.
  std::int64_t end = 0;
};

/// A local queue on disk for what cannot be handed to the hub now: one file in a folder. What
/// append() has taken survives kill -9 and a power cut; a record that was torn by one was never
/// taken and is cut off. Any number of processes and threads, each with a Spool of its own, may
/// append at once.
class Spool {
 public:
  /// Makes the folder (mode 0700) if there is none. The file never grows beyond `bytes_max`.
  /// Errors: io, no_space.
  [[nodiscard]] static Result<Spool> open(const std::filesystem::path& folder,
                                          std::int64_t bytes_max);

  /// Returns when the record is durable. Waits for other writers. `key` has 1 to 255 bytes without
  /// control characters.
  /// Errors: no_space when the spool or the disk is full, io, corrupt; then nothing was taken.
  [[nodiscard]] Result<void> append(std::string_view key, std::string_view bytes);

  /// Does nothing wait, whoever put it in? Waits for other writers. Errors: io.
  [[nodiscard]] Result<bool> is_empty() const;

 private:
  Spool(std::string folder, std::int64_t bytes_max)
      : folder_(std::move(folder)), bytes_max_(bytes_max) {}
  /// What it appended last. Another process may have emptied the file since: the digest tells.
  struct Mark {
    std::int64_t begin = 0;
    std::string digest{};
  };
  std::string folder_;
  std::int64_t bytes_max_;
  Mark last_;
};

/// Takes records out, in the order in which they were put in. One at a time; writers go on.
class SpoolReader {
 public:
  /// Errors: locked while another process or reader sends; io.
  [[nodiscard]] static Result<SpoolReader> open(const std::filesystem::path& folder);

  /// The next records that are not acknowledged, at most `count`; the same ones until they are.
  /// Empty: none is left. Errors: corrupt when a record in the middle is damaged, naming where it
  /// stands; io.
  [[nodiscard]] Result<std::vector<SpoolRecord>> peek(std::size_t count);
  /// The hub has all records up to this one, durably. When it was the last, the file is emptied.
  /// Error: io.
  [[nodiscard]] Result<void> acknowledge(const SpoolRecord& last);

 private:
  explicit SpoolReader(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
  UniqueFd lock_;
  std::int64_t next_ = 0;  ///< All before it are acknowledged.
};

}  // namespace tidemark::relay
