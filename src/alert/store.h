#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "alert/notice.h"
#include "base/clock.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::alert {

/// A line that is to be sent.
struct OutboxLine {
  std::string id;  ///< A ULID: they are sent in its order.
  std::string channel;
  Subject subject = Subject::backlog;
  NoticeKind kind = NoticeKind::begun;
  Level level = Level::notice;
  std::string text;
  WallTime created_at{};
};

/// How a channel is doing.
struct ChannelState {
  std::int64_t failures = 0;           ///< In a row.
  std::optional<WallTime> retry_at{};  ///< Not before.
  std::optional<WallTime> last_sent_at{};
  std::string last_error{};  ///< Of the last failure; empty after a success.
  std::optional<WallTime> last_error_at{};
  std::vector<WallTime> sends{};  ///< Of the last minute, for the limit.
  std::int64_t waiting = 0;       ///< Lines in the outbox; counted, not stored.
};

struct Mute {
  std::optional<Subject> subject{};  ///< nullopt: everything.
  WallTime until{};
  std::string reason{};
  std::string by{};
};

/// The tables `alert_*` of a hub's state. All wait on the database; errors are those of
/// sql::Connection. One connection, one thread.
class AlertStore {
 public:
  explicit AlertStore(sql::Connection& connection) : connection_(connection) {}

  [[nodiscard]] Result<void> migrate();

  /// By the rules' names.
  using States = std::map<std::string, RuleState, std::less<>>;
  [[nodiscard]] Result<States> states();
  [[nodiscard]] Result<void> put_state(const std::string& rule, const RuleState& state);

  /// What each channel was told.
  [[nodiscard]] Result<std::map<std::string, Memory, std::less<>>> memories();
  /// Replaces all that is kept for a channel.
  [[nodiscard]] Result<void> put_memory(const std::string& channel, const Memory& memory);

  [[nodiscard]] Result<void> add_line(const OutboxLine& line);
  /// The oldest that wait, at most `limit`.
  [[nodiscard]] Result<std::vector<OutboxLine>> waiting(const std::string& channel,
                                                        std::int64_t limit);
  /// Those up to `last_id` were sent.
  [[nodiscard]] Result<void> mark_sent(const std::string& channel, const std::string& last_id,
                                       WallTime now);
  /// Lines that were sent before, or wait since before: they are of no use any more. Returns how
  /// many of them were never sent.
  [[nodiscard]] Result<std::int64_t> prune(WallTime sent_before, WallTime waiting_since_before);

  [[nodiscard]] Result<std::map<std::string, ChannelState, std::less<>>> channels();
  [[nodiscard]] Result<void> put_channel(const std::string& channel, const ChannelState& state);

  /// Those that have not ended.
  [[nodiscard]] Result<std::vector<Mute>> mutes(WallTime now);
  [[nodiscard]] Result<void> put_mute(const Mute& mute, WallTime now);
  /// False when there was none.
  [[nodiscard]] Result<bool> remove_mute(std::optional<Subject> subject);

  /// Takes or renews the right to look and send, which one hub has until `until`. False while
  /// another has it. Inside a transaction the row stays locked up to its end.
  [[nodiscard]] Result<bool> take_lease(const std::string& hub, WallTime now, WallTime until);
  [[nodiscard]] Result<void> release_lease(const std::string& hub);

  /// The clock that all who share the state go by: the database server's; of SQLite, `clock`.
  [[nodiscard]] Result<WallTime> now(const Clock& clock);

 private:
  sql::Connection& connection_;
};

/// The subjects that nobody is told of now.
[[nodiscard]] std::set<Subject> muted_subjects(const std::vector<Mute>& mutes);

}  // namespace tidemark::alert
