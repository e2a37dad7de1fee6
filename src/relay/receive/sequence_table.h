#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "relay/receive/sequence_track.h"
#include "sql/connection.h"

namespace tidemark::receive {

/// The table received_sequences. Errors of all calls: those of sql::Connection; corrupt when a row
/// does not say what was written.
class SequenceTable {
 public:
  explicit SequenceTable(sql::Connection& connection) : connection_(connection) {}

  /// Nothing is known of a subscription: an empty track.
  [[nodiscard]] Result<SequenceTrack> read(const std::string& subscription_id);
  /// Inside a transaction: nobody else changes it before the end. Makes its row if need be.
  [[nodiscard]] Result<SequenceTrack> lock(const std::string& subscription_id);
  /// After lock(), in the same transaction.
  [[nodiscard]] Result<void> write(const std::string& subscription_id, const SequenceTrack& track);
  [[nodiscard]] Result<std::vector<std::string>> with_holes();

 private:
  Result<std::optional<SequenceTrack>> find(std::string_view sql,
                                            const std::string& subscription_id);

  sql::Connection& connection_;
};

}  // namespace tidemark::receive
