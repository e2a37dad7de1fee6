#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "http/message.h"

namespace tidemark::http {

class Connection;
class Mailbox;

/// One request that waits for its answer. All but `mailbox` belongs to the io thread.
struct Exchange {
  std::shared_ptr<Mailbox> mailbox;
  Connection* connection;  ///< nullptr once nobody waits any more.
  std::optional<Response> answer{};
};

/// Takes the answers for one io thread, from any thread. It outlives thread and server, so that a
/// late answer finds a closed door and not a ruin.
class Mailbox {
 public:
  /// `wake` makes the io thread call deliver() soon; must not wait. Called by any thread.
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// Says which thread is the io thread: its own answers take no lock.
  void belongs_to(std::thread::id io_thread) { io_thread_ = io_thread; }

  void put(std::shared_ptr<Exchange> exchange, Response response);
  /// On the io thread: gives out what has come.
  void deliver();
  /// No answer is taken, and `wake` not called, after this.
  void close();

 private:
  using Letter = std::pair<std::shared_ptr<Exchange>, Response>;

  std::thread::id io_thread_;
  std::mutex mutex_;
  std::function<void()> wake_;   // Guarded by mutex_; empty when closed.
  std::vector<Letter> letters_;  // Guarded by mutex_.
};

/// A Respond for this exchange.
[[nodiscard]] Respond respond_to(std::shared_ptr<Exchange> exchange);

}  // namespace tidemark::http
