#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "relay/delivery.h"

namespace tidemark::relay {

/// What one attempt changed of a delivery.
struct DeliveryChange {
  DeliveryKey key;
  DeliveryStatus status = DeliveryStatus::pending;
  std::optional<WallTime> due_at{};
  std::int64_t attempts = 0;  ///< With this one. Changes only a row that has one less.
  std::int64_t retry_step = 0;
  std::optional<int> status_code{};
  std::string error_code{};
  std::string message{};
  std::optional<WallTime> started_at{};  ///< Set at the first attempt.
  std::optional<WallTime> finished_at{};
  bool open = true;      ///< Ordered: those behind it go on waiting.
  bool ordered = false;  ///< Others of its source may wait behind it.
  /// What the others of its source wait for, if the subscription is ordered now: it may have been
  /// sent before that, and then nobody has noted it yet. Kept where `open`.
  std::string open_key{};
};

}  // namespace tidemark::relay
