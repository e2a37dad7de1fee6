#pragma once

#include <chrono>
#include <expected>
#include <set>
#include <string>

#include "alert/digest.h"
#include "alert/subject.h"
#include "base/clock.h"

namespace tidemark::alert {

struct ChannelOptions {
  std::string name;  ///< `dingtalk`, as its table in the configuration.
  std::set<Level> levels;
  int per_minute = 20;           ///< So many messages in any 60 seconds.
  std::size_t bytes_max = 2000;  ///< Of the text.
};

/// Why a message did not arrive, for people; never with a secret in it.
struct SendFault {
  std::string what;
  std::chrono::seconds wait{0};  ///< The peer wants to be left alone for so long.
};

/// One way to reach people. Used by one thread at a time.
class Channel {
 public:
  explicit Channel(ChannelOptions options) : options_(std::move(options)) {}
  virtual ~Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  [[nodiscard]] const ChannelOptions& options() const { return options_; }
  /// Sends and waits for the answer, send_timeout at most. An answer is read: a robot says `no`
  /// with status 200. `now`: for signatures and dates.
  [[nodiscard]] virtual std::expected<void, SendFault> send(const Digest& digest, WallTime now) = 0;
  /// What is under way ends soon, and nothing is sent any more. From any thread.
  virtual void stop() = 0;

 private:
  const ChannelOptions options_;
};

inline constexpr std::chrono::seconds send_timeout{15};

}  // namespace tidemark::alert
