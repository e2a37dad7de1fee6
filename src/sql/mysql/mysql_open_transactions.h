#pragma once

#include "sql/connection.h"

namespace tidemark::sql {

/// Connection::open_transactions for MySQL and MariaDB. The session's time zone must be SYSTEM: the
/// server shows trx_started in it.
///
/// Counted are InnoDB transactions that have modified rows or wait for a lock with a statement that
/// could write (a prepared XA transaction too), and other sessions' running statements that could
/// write: NOW() is a statement's start, and a statement that waits for a table lock has no
/// transaction yet. Not counted are read-only snapshots such as a dump's, and replication threads,
/// which stamp with the source's times.
///
/// InnoDB makes its list anew only when nobody has read it for 0.1 s. A snapshot of this session
/// shows whether the list is new; if not, this waits up to 3 s. Therefore no transaction of this
/// session may be open (it would be committed), and the same session should not ask again within
/// 0.1 s. Errors: timeout (others read the list without a pause), and those of a query.
///
/// Not seen: the stamp of a finished statement that had waited for a table lock before its
/// transaction began, while that transaction stays open; its trx_started is too young.
[[nodiscard]] Result<OpenTransactions> open_mysql_transactions(Connection& connection,
                                                               bool mariadb);

}  // namespace tidemark::sql
