#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::load {

/// A row that could not be stored.
struct SetAside {
  std::string platform;
  std::string stream;
  std::string id;  ///< Of the source, or `#` and the hash of a row that has none.
  Message reason;
  WallTime rejected_at{};
  bool accepted = false;  ///< Somebody knows of it; in this form it makes no run partial.
};

/// The rows that are set aside, open ones first, then the newest, at most `limit`. Errors: those of
/// Connection; corrupt.
[[nodiscard]] Result<std::vector<SetAside>> rows_set_aside(sql::Connection& connection,
                                                           std::int64_t limit);

/// How many rows are set aside.
struct RejectCounts {
  std::int64_t open = 0;
  std::int64_t accepted = 0;
};

/// Errors: those of Connection.
[[nodiscard]] Result<RejectCounts> count_rejects(sql::Connection& connection);

/// How many rows of the stream are open, by platform; none is left out. Errors: those of
/// Connection.
[[nodiscard]] Result<std::map<std::string, std::int64_t>> open_rejects_by_platform(
    sql::Connection& connection, const std::string& stream);

/// Accepts the rows of these ids, or all of the stream that are open if nullopt: they stay on the
/// list and are tried whenever they are read, but make no run partial until their content changes.
/// Returns how many were open. In a transaction of its own.
/// Errors: not_found: an id is not on the list, and nothing is changed; those of Connection.
[[nodiscard]] Result<std::int64_t> accept_rejects(
    sql::Connection& connection, const std::string& platform, const std::string& stream,
    const std::optional<std::vector<std::string>>& ids, WallTime now);

/// Of these records, the ones that were accepted, with the hash of the content that was. Inside the
/// caller's transaction. Errors: those of Connection.
[[nodiscard]] Result<std::map<std::string, std::string>> accepted_rejects(
    sql::Connection& connection, const std::string& platform, const std::string& stream,
    std::span<const std::string> ids);

}  // namespace tidemark::load
