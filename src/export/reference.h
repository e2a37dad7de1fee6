#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/stop.h"
#include "base/text.h"
#include "sql/connection.h"

namespace tidemark::exporter {

/// One table of reference data and where it goes.
struct ReferenceList {
  std::string table;
  std::vector<std::string> columns;  ///< Empty: all, in the table's order.
  /// A file (`global/currencies.json`), or for lists by country a folder (`codes/uom-codes`).
  std::string path;
  std::string country_column;      ///< Empty: one file.
  std::vector<std::string> order;  ///< Columns that rows are ordered by, by their bytes.
};

struct ReferenceOptions {
  std::string output_dir = "context/basic-data";
  std::vector<ReferenceList> lists;  ///< See default_reference_lists().
  /// The file of rows whose country is NULL or empty: codes that hold everywhere. A country cannot
  /// have this name: cleaned names that collide are told apart by a hash.
  std::string no_country_name = "_default";
  bool dry_run = false;  ///< Says what would be written; writes nothing.
};

struct ReferenceSummary {
  /// One table.
  struct List {
    std::string table;
    std::int64_t rows = 0;
    std::int64_t written = 0;  ///< Files.
    std::int64_t unchanged = 0;
    std::vector<std::string> files;  ///< All of the list, relative to the output folder.
    std::vector<std::string> stale;  ///< Country files for which there are no rows any more.
    std::optional<Error> error;      ///< Set: this list failed, at least in part.
  };
  std::vector<List> lists;
  std::vector<Message> warnings;
  bool stopped = false;

  [[nodiscard]] std::int64_t rows() const;
  [[nodiscard]] std::int64_t files_written() const;
  [[nodiscard]] std::int64_t files_unchanged() const;
  [[nodiscard]] std::int64_t files_stale() const;
  [[nodiscard]] std::int64_t lists_failed() const;
};

/// t_currency, t_invoice_type, t_uom_code, t_tax_category_code and t_payment_means, to where the
/// old exporter put them.
[[nodiscard]] std::vector<ReferenceList> default_reference_lists();

/// Writes code tables as files: each a UTF-8 JSON array of objects, a row an object, its members in
/// the order of the columns, two blanks of indentation. Numbers stay numbers, digit for digit;
/// NULL is null; bytes that are no text are hexadecimal.
///
/// A file appears whole or not at all, and only when its content differs. Files of countries that
/// have no rows any more are reported, not removed. Each table is read in one snapshot, ordered
/// by country: one file's content is held in memory at a time. Waits on database and disk.
///
/// A table that is missing or cannot be read fails its list; the others go on. Errors of the call
/// itself: those of the connection when it broke, and no_space; then the summary is lost.
[[nodiscard]] Result<ReferenceSummary> export_reference(sql::Connection& connection,
                                                        const ReferenceOptions& options,
                                                        const Stop& stop);

}  // namespace tidemark::exporter
