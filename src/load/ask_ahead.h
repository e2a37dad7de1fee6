#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <optional>
#include <system_error>
#include <utility>

#include "base/signals_blocked.h"

namespace tidemark::load {

/// Asks numbered questions of a source ahead of their use, a few at once, each on a thread of its
/// own, and hands the answers out in order: what is waited for is not each answer, but the slowest
/// of some. Memory is bounded by `at_once` answers. One thread uses it; its end waits for what was
/// asked.
template <class Answer>
class AskAhead {
 public:
  /// Called by several threads at once; what it refers to must outlive this.
  using Ask = std::function<Answer(std::uint64_t)>;

  /// The questions `first` to `last`, both included.
  AskAhead(Ask ask, std::uint64_t first, std::uint64_t last, std::size_t at_once)
      : ask_(std::move(ask)), next_(first), last_(last), at_once_(at_once) {}
  AskAhead(const AskAhead&) = delete;
  AskAhead& operator=(const AskAhead&) = delete;

  /// The next answer; nullopt when all were handed out. Waits for it.
  [[nodiscard]] std::optional<Answer> next() {
    while (asked_.size() < at_once_ && next_ <= last_) asked_.push_back(begin(next_++));
    if (asked_.empty()) return std::nullopt;
    Answer answer = asked_.front().get();
    asked_.pop_front();
    return answer;
  }

 private:
  std::future<Answer> begin(std::uint64_t question) {
    const SignalsBlocked blocked;  // They are for the thread that reads.
    try {
      return std::async(std::launch::async, ask_, question);
    } catch (const std::system_error&) {
      // No thread is to be had: it is asked when its answer is wanted.
      return std::async(std::launch::deferred, ask_, question);
    }
  }

  const Ask ask_;
  std::uint64_t next_;
  const std::uint64_t last_;
  const std::size_t at_once_;
  std::deque<std::future<Answer>> asked_;  ///< Each waits for its thread at its end.
};

}  // namespace tidemark::load
