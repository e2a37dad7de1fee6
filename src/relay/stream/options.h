#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "redis/url.h"

namespace tidemark::relay {

/// Limits of what a stream, a group and a consumer may be called: they are keys in the state.
inline constexpr std::size_t stream_name_bytes_max = 191;

/// The second way in: a Redis Stream that business systems XADD to.
struct StreamOptions {
  redis::Url server;
  std::string stream;
  std::string group;
  std::string consumer;  ///< Stays the same over restarts; no two hubs have the same.
  /// What another consumer read and did not acknowledge for so long is taken over.
  std::chrono::milliseconds claim_after{60'000};
  bool delete_done = false;  ///< Entries are deleted once they are stored.
  std::size_t entry_bytes_max = std::size_t{1} << 20;
  std::chrono::hours retention{};  ///< The hub's: so long it knows what it published; 0: for ever.
};

/// Where the hubs of one state call each other.
struct WakeOptions {
  redis::Url server;
  std::string channel;
};

/// How the intake is doing. Counted since it began.
struct StreamStatus {
  std::string stream;
  bool connected = false;
  std::uint64_t published = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t refused = 0;
  std::uint64_t gone = 0;    ///< Trimmed or deleted before they were acknowledged.
  std::uint64_t errors = 0;  ///< Connections that failed or broke, answers that were errors.
  std::uint64_t groups_made = 0;
  std::int64_t pending = 0;
  std::int64_t lag = -1;  ///< Not read yet; -1: this Redis does not tell (before 7.0).
};

}  // namespace tidemark::relay
