#pragma once

#include <chrono>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "base/pause.h"
#include "base/result.h"

namespace tidemark::load {

/// Cured by doing a transaction again: a deadlock, or a connection that broke.
[[nodiscard]] inline bool cured_by_repeat(const Error& error) {
  return error.kind == ErrorKind::timeout || error.kind == ErrorKind::unreachable;
}

/// Does a transaction with the warehouse, and does it again while that may cure what it met: five
/// times at most, with pauses that double from 200 ms. `attempt` must leave nothing behind that
/// would count twice; `reconnect` (Result<void>) is called after a connection broke. Waits.
/// Errors: those of the last attempt; cancelled.
template <class Attempt, class Reconnect>
[[nodiscard]] auto again(Pause& pause, Attempt attempt, Reconnect reconnect)
    -> std::invoke_result_t<Attempt&> {
  constexpr int attempts_max = 5;
  std::chrono::milliseconds wait{200};
  for (int attempts = 1;; ++attempts, wait *= 2) {
    std::invoke_result_t<Attempt&> outcome = attempt();
    if (outcome || attempts == attempts_max || !cured_by_repeat(outcome.error())) return outcome;
    log_line(LogLevel::warning, "the warehouse: " + outcome.error().what.en + "; again");
    if (!pause.wait(wait)) return fail(ErrorKind::cancelled, {"asked to stop", "收到停止请求"});
    if (outcome.error().kind != ErrorKind::unreachable) continue;
    if (Result<void> connected = reconnect(); !connected && !cured_by_repeat(connected.error()))
      return fail(std::move(connected).error());
  }
}

}  // namespace tidemark::load
