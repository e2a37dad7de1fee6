#pragma once

#include <string_view>

#include "sql/url.h"

namespace tidemark::relay {

/// What others may do with a row until the commit. SQLite has one writer anyway.
enum class RowLock {
  none,    ///< Anything.
  shared,  ///< Read it.
  own,     ///< Nothing that locks it.
};

/// Stands behind a SELECT. MariaDB lacks the words of the standard for a shared lock, MySQL 8 still
/// knows the old ones.
[[nodiscard]] inline std::string_view lock_clause(RowLock lock, sql::Dialect dialect) {
  if (lock == RowLock::none || dialect == sql::Dialect::sqlite) return "";
  if (lock == RowLock::own) return " FOR UPDATE";
  return dialect == sql::Dialect::mysql ? " LOCK IN SHARE MODE" : " FOR SHARE";
}

}  // namespace tidemark::relay
