#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "relay/replay_search.h"
#include "sql/connection.h"

namespace tidemark::api {

enum class ReplayStatus { running, done, cancelled };
[[nodiscard]] std::string_view name(ReplayStatus status);

/// A replay as it is stored: what is asked for, and how far it is. It survives a restart, and any
/// hub that shares the state may move it on.
struct Replay {
  std::string id;  ///< `rpl_` and a ULID.
  std::string subscription_id;
  relay::ReplayRange range;
  ReplayStatus status = ReplayStatus::running;
  std::int64_t total = 0;  ///< Events found when it was planned.
  std::int64_t done = 0;
  std::string last_event{};  ///< Everything up to this one is done.
  WallTime created_at{};
  WallTime updated_at{};
};

/// The table `replays`. All wait on the database; errors are those of sql::Connection.
[[nodiscard]] Result<void> migrate_replays(sql::Connection& connection);
[[nodiscard]] Result<void> insert_replay(sql::Connection& connection, const Replay& replay);
/// The newest first. `running` alone, if asked for.
[[nodiscard]] Result<std::vector<Replay>> all_replays(sql::Connection& connection, bool running,
                                                      std::int64_t limit);
[[nodiscard]] Result<std::optional<Replay>> find_replay(sql::Connection& connection,
                                                        const std::string& id);
/// Moves a running replay from where `replay` stands to behind `step`. False when it stands
/// elsewhere by now: another hub moved it, or it was cancelled.
[[nodiscard]] Result<bool> advance_replay(sql::Connection& connection, const Replay& replay,
                                          const relay::ReplayStep& step, WallTime now);
/// Deletes those that ended before `before`, at most `limit`. True: there may be more.
[[nodiscard]] Result<bool> prune_replays(sql::Connection& connection, WallTime before,
                                         std::int64_t limit);
/// False when it does not run.
[[nodiscard]] Result<bool> cancel_replay(sql::Connection& connection, const std::string& id,
                                         WallTime now);

}  // namespace tidemark::api
