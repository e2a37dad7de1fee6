#pragma once

#include "base/result.h"
#include "load/table.h"
#include "sql/connection.h"

namespace tidemark::load {

/// One row an order about which something was decided.
[[nodiscard]] const TableSpec& benefit_decisions_table();
/// What was decided when: every state that a row of benefit_decisions had.
[[nodiscard]] const TableSpec& benefit_decision_history_table();

/// Orders that were pending when somebody accepted that: as long as the decision's row is that one.
[[nodiscard]] const TableSpec& benefit_pending_accepted_table();

/// Makes the tables; orders must be there. Errors: as run::migrate.
[[nodiscard]] Result<void> migrate_benefits(sql::Connection& connection);

}  // namespace tidemark::load
