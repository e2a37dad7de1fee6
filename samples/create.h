#pragma once

#include "samples/invoice_generator.h"
#include "samples/load_invoices.h"

namespace tidemark::samples {

struct CreateOptions {
  GeneratorOptions invoices;
  TableOptions table;
  bool reference_data = true;  ///< Also the builtin code lists, see reference_data.h.
  /// Goes on where an interrupted create with the same options stopped.
  bool resume = false;
};

/// Makes an invoice table full of lifelike invoices; the same rows for the same options.
/// Reference tables are replaced only when the invoice table is; filled ones are left alone.
/// Errors: usage (table not empty, senseless numbers), those of the connection.
[[nodiscard]] Result<LoadedRows> create(sql::Connection& connection, const CreateOptions& options,
                                        const Stop& stop);

}  // namespace tidemark::samples
