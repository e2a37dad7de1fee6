#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// What `tidemark receive check` last told of the receiver of a subscription, compared with the
/// hub: what it found, or, after a repair, what was left. Alerts and metrics read the table
/// `receiver_checks`.
struct ReceiverCheck {
  std::string subscription_id;
  WallTime checked_at{};
  std::int64_t events = 0;  ///< Compared.
  // Records, by how they differed.
  std::int64_t missing = 0;
  std::int64_t older = 0;
  std::int64_t different = 0;
  std::int64_t cache = 0;       ///< The cache of invoices alone was wrong.
  std::int64_t unreadable = 0;  ///< Events; they are not known to be equal.
  bool repaired = false;        ///< Records were replaced before: the counts are what was left.
};

/// Reads `{"events","missing","older","different","cache","unreadable","repaired"}`, counts of 0 or
/// more and a truth value, all of them but for `unreadable`, which receivers of before do not send.
/// Id and time are the caller's. Errors: rejected.
[[nodiscard]] Result<ReceiverCheck> parse_receiver_check(const std::string& body);

/// In place of the one before. Inside a transaction. Errors: those of sql::Connection.
[[nodiscard]] Result<void> keep_receiver_check(sql::Connection& connection,
                                               const ReceiverCheck& check);
/// The last one of a subscription. Errors: those of sql::Connection.
[[nodiscard]] Result<std::optional<ReceiverCheck>> last_receiver_check(
    sql::Connection& connection, const std::string& subscription_id);

}  // namespace tidemark::relay
