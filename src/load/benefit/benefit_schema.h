#pragma once

#include "base/result.h"
#include "load/table.h"
#include "sql/connection.h"

namespace tidemark::load {

/// One row an order about which something was decided.
[[nodiscard]] const TableSpec& benefit_decisions_table();
/// What was decided when: every state that a row of benefit_decisions had.
[[nodiscard]] const TableSpec& benefit_decision_history_table();

/// Makes the two tables; orders must be there. Errors: as run::migrate.
[[nodiscard]] Result<void> migrate_benefits(sql::Connection& connection);

}  // namespace tidemark::load
