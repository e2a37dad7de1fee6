#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "samples/schema.h"
#include "sql/connection.h"

namespace tidemark::samples {

struct CodeListOptions {
  /// Units, tax categories and payment means are written once for each of these countries; with
  /// none, once without a country (they hold everywhere).
  std::vector<std::string> countries{};
  IfNotEmpty if_not_empty = IfNotEmpty::fail;
};

struct CodeListFigures {
  std::vector<std::string> files;             ///< That were read.
  std::map<std::string, std::int64_t> codes;  ///< Different codes by table.
  std::int64_t rows = 0;                      ///< Written, all tables together.
  std::int64_t withdrawn = 0;  ///< Codes left out because their list has withdrawn them.
};

/// Reads the public code lists found in `folder` and below it, recognised by their names, into the
/// reference tables:
///   table_a1.xml (ISO 4217), else codes-all.csv, else gobl-iso.json   t_currency
///   untdid.json: UNTDID 1001, 5305, 4461   t_invoice_type, t_tax_category_code, t_payment_means
///   units-of-measure.csv (Rec 20), package-codes.csv (Rec 21)   t_uom_code
/// gobl-iso.json adds symbols to the others; Chinese names are those of the builtin lists. All
/// files are read, and all tables looked at, before anything is written.
/// Errors: not_found (no such folder, or no list in it), corrupt (naming file and place), usage
/// (a table has rows), those of the connection.
[[nodiscard]] Result<CodeListFigures> import_code_lists(sql::Connection& connection,
                                                        const std::string& folder,
                                                        const CodeListOptions& options);

}  // namespace tidemark::samples
