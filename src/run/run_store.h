#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "run/run_record.h"
#include "sql/connection.h"

namespace tidemark::run {

/// The table `runs` in the state database. Waits on it; not thread-safe. Errors: those of
/// Connection.
class RunStore {
 public:
  /// `connection` must outlive it, and must not be inside a transaction.
  explicit RunStore(sql::Connection& connection) : connection_(connection) {}

  /// Makes the tables, or brings them up to date.
  [[nodiscard]] Result<void> migrate();
  /// Inserts or updates by id. May be repeated; an ended run is never changed again.
  [[nodiscard]] Result<void> save(const RunRecord& record);
  /// The newest runs first.
  [[nodiscard]] Result<std::vector<RunRecord>> list(std::int64_t limit);
  /// Of those that began at `since` or later the newest that have ended, of jobs whose names begin
  /// so (without `%` and `_`), the newest first.
  [[nodiscard]] Result<std::vector<RunRecord>> ended(std::string_view job_begins, WallTime since,
                                                     std::int64_t limit);
  /// By its id, or the beginning of it if that is clear.
  /// Errors: not_found; rejected when several begin so.
  [[nodiscard]] Result<RunRecord> find(std::string_view id);

 private:
  [[nodiscard]] Result<void> save_once(const RunRecord& record);
  /// In a transaction.
  [[nodiscard]] Result<void> write(const RunRecord& record);
  [[nodiscard]] Result<std::vector<RunRecord>> select(std::string_view rest,
                                                      const sql::Values& params);

  sql::Connection& connection_;
};

}  // namespace tidemark::run
