#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "alert/rule.h"

namespace tidemark::alert {

/// A rule that is on, and what it is about now.
struct Firing {
  Rule rule;
  WallTime since{};
  Figure figure{};
};

/// What a channel was last told of a subject, while its alert is on.
struct Told {
  Level level = Level::notice;
  WallTime since{};    ///< When the alert began.
  WallTime told_at{};  ///< When it was last spoken of.
  double value = 0;    ///< Its figure then, or the lowest since.

  friend bool operator==(const Told&, const Told&) = default;
};
using Memory = std::map<Subject, Told>;

enum class NoticeKind {
  begun,
  raised,   ///< To a higher level.
  lowered,  ///< To a lower level; still on.
  grown,    ///< One more of what counts one by one.
  still,    ///< The repetition.
  over,
};
[[nodiscard]] std::string_view name(NoticeKind kind);

/// One thing to be said in one channel.
struct Notice {
  NoticeKind kind;
  Subject subject;
  Level level;
  WallTime since{};
  Figure figure{};
  double threshold = 0;
};

struct NoticeOptions {
  std::set<Level> levels;               ///< That the channel is told of.
  std::chrono::milliseconds repeat{0};  ///< An alert that stays on is told again after so long.
};

/// What a channel is to be told now, and what it was told after that. Of the rules of one subject
/// only the strongest that the channel listens to is spoken of. A subject that is muted is left
/// alone: what begins and ends meanwhile is never told, what still is on afterwards is. Pure.
struct Decision {
  std::vector<Notice> notices;
  Memory memory;
};
[[nodiscard]] Decision decide(const NoticeOptions& options, const std::vector<Firing>& firing,
                              const Figures& figures, Memory memory, const std::set<Subject>& muted,
                              WallTime now);

/// The line that says it, with times of Beijing (UTC+8).
[[nodiscard]] Message line(const Notice& notice, WallTime now);

}  // namespace tidemark::alert
