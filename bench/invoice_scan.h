#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

struct st_mysql;
struct st_mysql_res;

namespace tidemark::bench {

/// What an export needs of one row. The views hold until the next row is read.
struct InvoiceRow {
  std::string_view tenant;
  std::string_view country;
  std::string_view issue_date;  ///< `2025-08-19 00:00:00`.
  std::string_view number;
  std::string_view payload;
};

/// Keys from `first` to `last`, both included.
struct KeyRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// Reads the issued invoices of a key range in key order, unbuffered, over a connection of its own
/// to the server of DB_HOST, DB_PORT, DB_USER, DB_PASSWORD and DB_NAME. Dies of every error.
class InvoiceScan {
 public:
  explicit InvoiceScan(KeyRange range);

  /// False at the end.
  [[nodiscard]] bool next(InvoiceRow& row);

 private:
  struct Close {
    void operator()(st_mysql* connection) const;
    void operator()(st_mysql_res* result) const;
  };
  std::unique_ptr<st_mysql, Close> connection_;
  std::unique_ptr<st_mysql_res, Close> result_;
};

/// All keys of the table, in `parts` ranges of about the same width.
[[nodiscard]] std::vector<KeyRange> key_ranges(int parts);

}  // namespace tidemark::bench
