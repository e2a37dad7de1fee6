#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "base/stop.h"
#include "samples/invoice.h"
#include "samples/schema.h"
#include "sql/connection.h"

namespace tidemark::samples {

/// Invoices one by one: generated, or read from a file.
class InvoiceSource {
 public:
  virtual ~InvoiceSource() = default;
  /// Fills `out`; false at the end.
  [[nodiscard]] virtual Result<bool> next(Invoice& out) = 0;
};

struct TableOptions {
  std::string table = "t_invoice";
  int update_decimals = 0;  ///< Digits after the second of fupdate_time: 0, 3 or 6.
  bool with_index = true;   ///< idx_incremental_export, made after the rows.
  IfNotEmpty if_not_empty = IfNotEmpty::fail;
  std::int64_t rows_per_transaction = 20'000;
  /// Called with the number of rows written so far, after each transaction and never at the same
  /// time twice. May be empty.
  std::function<void(std::int64_t rows)> progress;
};

struct LoadedRows {
  std::int64_t rows = 0;
  std::int64_t payload_bytes = 0;
  bool stopped = false;  ///< `stop` was requested; whole transactions were written.
};

/// Makes the invoice table and writes all invoices of `source` into it, in bulk, transaction by
/// transaction. Waits on the database. After an error or a stop the finished transactions stay.
/// Errors: usage when the table has rows and they are not to be replaced; those of the connection
/// and of `source`.
[[nodiscard]] Result<LoadedRows> load_invoices(sql::Connection& connection, InvoiceSource& source,
                                               const TableOptions& options, const Stop& stop);

}  // namespace tidemark::samples
