#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "run/job.h"
#include "run/schedule.h"
#include "sql/connection.h"

namespace tidemark::run {

/// The table `schedules` in the state database. All wait on it; errors are those of
/// sql::Connection. One connection, one thread.
class ScheduleStore {
 public:
  explicit ScheduleStore(sql::Connection& connection) : connection_(connection) {}

  [[nodiscard]] Result<void> migrate();
  /// All, by name.
  [[nodiscard]] Result<std::vector<Schedule>> all();
  /// Inside a transaction: the same, and nobody else changes them before its end.
  [[nodiscard]] Result<std::vector<Schedule>> all_locked();
  [[nodiscard]] Result<std::optional<Schedule>> find(const std::string& name);
  [[nodiscard]] Result<std::optional<Schedule>> find_locked(const std::string& name);
  [[nodiscard]] Result<void> insert(const Schedule& schedule);
  /// All but the name.
  [[nodiscard]] Result<void> update(const Schedule& schedule);

  /// The clock that all who share the state go by: the database server's; of SQLite, `clock`.
  [[nodiscard]] Result<WallTime> now(const Clock& clock);

 private:
  [[nodiscard]] Result<std::vector<Schedule>> select(std::string_view condition, bool locked,
                                                     const sql::Values& values = {});

  sql::Connection& connection_;
};

/// Makes the table, and a row for each job that has none; others may do so at the same time.
[[nodiscard]] Result<void> register_jobs(sql::Connection& connection, const std::vector<Job>& jobs);

}  // namespace tidemark::run
