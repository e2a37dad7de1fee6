#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/result.h"
#include "sql/connection.h"

namespace tidemark::samples {

struct ChangeOptions {
  std::string table = "t_invoice";
  std::uint64_t seed = 1;       ///< Which rows are picked, and what is added.
  std::int64_t update = 0;      ///< Issued invoices whose payload is amended.
  std::int64_t add = 0;         ///< New invoices.
  std::int64_t void_count = 0;  ///< Issued invoices that become void (status 4).
  std::int64_t move = 0;        ///< Issued invoices that go to another tenant or country, in turns.
  /// The new fupdate_time; without it, the database's clock, in the session's zone.
  std::optional<CivilTime> stamp{};
};

struct Changes {
  CivilTime stamp;                    ///< As stored: cut to the column's precision.
  std::vector<std::int64_t> updated;  ///< Keys.
  std::vector<std::int64_t> added;
  std::vector<std::int64_t> voided;
  std::vector<std::int64_t> moved;
};

/// Changes an invoice table as a day of business does, in one transaction; no row is changed twice.
/// Fewer rows than asked for are changed when there are not enough issued invoices. Waits on the
/// database.
/// Errors: not_found (no such table), usage (negative numbers), those of the connection; then
/// nothing has changed.
[[nodiscard]] Result<Changes> change(sql::Connection& connection, const ChangeOptions& options);

/// The payload with `"amended":{"revision":N,"at":"…"}` as its last member: added, or counted up
/// when `change` did it before. All other bytes stay. A payload that is no JSON object comes back
/// as it is.
[[nodiscard]] std::string amended(const std::string& payload, CivilTime at);

}  // namespace tidemark::samples
