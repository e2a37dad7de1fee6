#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// What `tidemark receive check` found when it last compared the receiver of a subscription with
/// the hub. Alerts and metrics read the table `receiver_checks`.
struct ReceiverCheck {
  std::string subscription_id;
  WallTime checked_at{};
  std::int64_t events = 0;  ///< Compared.
  // Records, by how they differed.
  std::int64_t missing = 0;
  std::int64_t older = 0;
  std::int64_t different = 0;
  std::int64_t cache = 0;  ///< The cache of invoices alone was wrong.
  bool repaired = false;   ///< Those were replaced afterwards.
};

/// Reads `{"events","missing","older","different","cache","repaired"}`, counts of 0 or more and a
/// truth value, all of them. Id and time are the caller's. Errors: rejected.
[[nodiscard]] Result<ReceiverCheck> parse_receiver_check(const std::string& body);

/// In place of the one before. Inside a transaction. Errors: those of sql::Connection.
[[nodiscard]] Result<void> keep_receiver_check(sql::Connection& connection,
                                               const ReceiverCheck& check);

}  // namespace tidemark::relay
