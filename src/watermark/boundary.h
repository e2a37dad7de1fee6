#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/civil_time.h"
#include "base/result.h"
#include "base/text.h"
#include "sql/connection.h"

namespace tidemark::watermark {

/// Work of the same second may still be under way when the fence is read: InnoDB answers
/// INNODB_TRX from a cache of 0.1 s, `trx_started` has whole seconds, and so has the process list
/// of MySQL. Two seconds cover their sum.
inline constexpr std::chrono::seconds fence_slack{2};

struct BoundaryOptions {
  std::chrono::milliseconds margin{std::chrono::minutes{5}};
  bool fence = true;
  /// Precision of the stamp column: digits after the second; whole days for a DATE column.
  int decimals = 0;
  bool whole_days = false;
};

/// The upper edge of all windows of one run, and why it is where it is.
struct Boundary {
  CivilTime now;   ///< The database's clock when the boundary was fixed.
  CivilTime upto;  ///< No transaction can commit a stamp at or below this any more.
  std::chrono::milliseconds margin{};
  /// Who holds `upto` below now − margin; nullopt if the margin decided.
  struct Holder {
    Message who;
    CivilTime since;
  };
  std::optional<Holder> held_back_by{};
  /// Empty if everything open could be seen; else the grant that is missing, and only the margin
  /// protects against transactions of others. Also empty with the fence off.
  std::string missing_grant{};
};

/// Fixes the boundary, by the database's own clock in the session's zone (Connection::set_zone).
/// Must be called before the first read of a run; the reads may use other connections.
///
/// upto = now − margin, held strictly before the oldest thing that is open less fence_slack, cut
/// to whole seconds (or days), and always strictly before the column's current tick: rows stamped
/// in this very second may still come.
/// Errors: those of the connection.
[[nodiscard]] Result<Boundary> fix_boundary(sql::Connection& connection,
                                            const BoundaryOptions& options);

}  // namespace tidemark::watermark
