#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "redis/consumer_group.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// What names a refused entry: where it stood.
struct RefusalKey {
  std::string stream;
  std::string entry_id;

  /// `1768465802000-0@tidemark:vouchers`. No id of Redis has an `@`, a stream's name may.
  [[nodiscard]] std::string text() const { return entry_id + '@' + stream; }
  [[nodiscard]] static std::optional<RefusalKey> parse(std::string_view text);
};

/// A row of `stream_refusals`.
struct KeptRefusal {
  RefusalKey key;
  std::string reason;    ///< English.
  std::string fields{};  ///< `{"voucher":"…"}`, JSON; empty in lists. A name may come twice.
  WallTime refused_at;
};

/// Empty parts restrict nothing.
struct RefusalFilter {
  std::string stream{};
  std::optional<WallTime> since{};
  std::optional<WallTime> before{};
};

/// At most `limit` of them behind `after`, without their fields; by stream and entry, so that of
/// each stream the oldest comes first. Errors of all: those of sql::Connection.
[[nodiscard]] Result<std::vector<KeptRefusal>> list_refusals(sql::Connection& connection,
                                                             const RefusalFilter& filter,
                                                             const std::optional<RefusalKey>& after,
                                                             std::int64_t limit);
[[nodiscard]] Result<std::optional<KeptRefusal>> find_refusal(sql::Connection& connection,
                                                              const RefusalKey& key);
/// False if it is not there (any more). Inside the caller's transaction.
[[nodiscard]] Result<bool> forget_refusal(sql::Connection& connection, const RefusalKey& key);

/// The entry as Redis had it; nullopt if the row does not tell: bytes that were no text stand there
/// as `\xNN`, and of more than 1 MiB the beginning. A text that has such letters of its own counts
/// as one of these: better a refusal than an entry that nobody wrote.
[[nodiscard]] std::optional<redis::StreamEntry> entry_of(const KeptRefusal& refusal);

}  // namespace tidemark::relay
