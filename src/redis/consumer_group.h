#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "redis/connection.h"

namespace tidemark::redis {

/// An entry of a stream, as XADD put it there.
struct StreamEntry {
  std::string id;  ///< `1768465802000-0`
  std::vector<std::pair<std::string, std::string>> fields;
};

/// Entries of a group that this consumer has taken on.
struct Taken {
  std::vector<StreamEntry> entries;
  /// Entries that were deleted or trimmed while they waited for their acknowledgement: nobody knows
  /// any more what they held.
  std::vector<std::string> gone{};
  std::string next{};  ///< Where claim() goes on; `0-0` at the end.
};

struct GroupState {
  std::int64_t pending = 0;           ///< Read by some consumer, not acknowledged.
  std::optional<std::int64_t> lag{};  ///< Not read yet. Redis before 7.0 does not know.
};

/// One consumer of a group of one stream (Redis 6.2 or later). Errors: those of Connection; a group
/// that is not there is told by is_group_missing().
class ConsumerGroup {
 public:
  /// `connection` must outlive it.
  ConsumerGroup(Connection& connection, std::string stream, std::string group,
                std::string consumer);

  /// Makes stream and group where they are missing. The group begins with the first entry, so that
  /// nothing is skipped. True when it was made.
  [[nodiscard]] Result<bool> create();
  /// Entries that nobody has read; waits up to `patience` for the first.
  [[nodiscard]] Result<Taken> read_new(std::int64_t count, std::chrono::milliseconds patience);
  /// What this consumer has read and not acknowledged, behind the entry `after` (`0`: all).
  [[nodiscard]] Result<Taken> read_own(const std::string& after, std::int64_t count);
  /// Takes over what other consumers have not acknowledged for `idle`, beginning at `start`
  /// (`0-0`).
  [[nodiscard]] Result<Taken> claim(std::chrono::milliseconds idle, const std::string& start,
                                    std::int64_t count);
  [[nodiscard]] Result<void> acknowledge(std::span<const std::string> ids);
  /// Deletes entries from the stream, for every group.
  [[nodiscard]] Result<void> remove(std::span<const std::string> ids);
  [[nodiscard]] Result<GroupState> state();

 private:
  [[nodiscard]] Result<Taken> read(std::string_view from, std::int64_t count,
                                   std::chrono::milliseconds patience);

  Connection& connection_;
  const std::string stream_;
  const std::string group_;
  const std::string consumer_;
};

}  // namespace tidemark::redis
