#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "relay/delivery_change.h"
#include "sql/connection.h"

namespace tidemark::relay {

/// Rows that a transaction writes with a few statements instead of one each. A database server
/// needs a tenth of a millisecond for the way to and fro of a statement, whatever it says; what
/// hundreds of publishers and attempts have in common is thus paid once. Not thread-safe.
class GatheredRows {
 public:
  void add_event(sql::Values row, std::string source);
  void add_delivery(sql::Values row) { deliveries_.push_back(std::move(row)); }
  void add_attempt(sql::Values row) { attempts_.push_back(std::move(row)); }
  /// One that is finished, and for which no other one waits.
  void add_change(DeliveryChange change) { changes_.push_back(std::move(change)); }

  /// Is an event of this source not written yet?
  [[nodiscard]] bool holds_event_of(const std::string& source) const {
    return sources_.contains(source);
  }
  [[nodiscard]] bool empty() const {
    return events_.empty() && deliveries_.empty() && attempts_.empty() && changes_.empty();
  }
  void clear();

  /// Writes all of it and is empty afterwards. Inside the caller's transaction, which after an
  /// error must be rolled back. Errors: those of sql::Connection.
  [[nodiscard]] Result<void> write(sql::Connection& connection);

 private:
  [[nodiscard]] Result<void> write_attempts(sql::Connection& connection) const;
  [[nodiscard]] Result<void> write_changes(sql::Connection& connection);

  std::vector<sql::Values> events_;
  std::vector<sql::Values> deliveries_;
  std::vector<sql::Values> attempts_;
  std::vector<DeliveryChange> changes_;
  std::set<std::string> sources_;
};

/// The attempt of a delivery that was not to be changed any more.
[[nodiscard]] Result<void> count_attempt(sql::Connection& connection, const DeliveryChange& change);

}  // namespace tidemark::relay
