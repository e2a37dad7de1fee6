#include "samples/load_invoices.h"

#include <algorithm>

namespace tidemark::samples {
namespace {

/// Hands out the rows of one transaction. The end of the source is kept in mind: it is not asked
/// again.
class TransactionRows final : public sql::RowSource {
 public:
  TransactionRows(InvoiceSource& source, int update_decimals)
      : source_(source), update_decimals_(update_decimals) {}

  void begin(std::int64_t limit) { left_ = limit; }
  [[nodiscard]] bool at_end() const { return at_end_; }
  [[nodiscard]] std::int64_t payload_bytes() const { return payload_bytes_; }

  [[nodiscard]] Result<bool> next(sql::Values& row) override {
    if (at_end_ || left_ == 0) return false;
    Result<bool> more = source_.next(invoice_);
    if (!more) return fail(std::move(more));
    if (!*more) {
      at_end_ = true;
      return false;
    }
    --left_;
    payload_bytes_ += std::ssize(invoice_.payload);
    to_row(invoice_, update_decimals_, row);
    return true;
  }

 private:
  InvoiceSource& source_;
  int update_decimals_;
  Invoice invoice_;
  std::int64_t left_ = 0;
  std::int64_t payload_bytes_ = 0;
  bool at_end_ = false;
};

Result<void> make_index(sql::Connection& connection, const std::string& table) {
  Result<sql::Table> described = connection.describe(table);
  if (!described) return fail(std::move(described));
  if (described->index_on({"ftenant_id", "fissue_status", "fupdate_time"}) != nullptr) return {};
  Result<std::int64_t> made = connection.execute(create_invoice_index(connection, table));
  if (!made) return fail(std::move(made));
  return {};
}

}  // namespace

Result<LoadedRows> load_invoices(sql::Connection& connection, InvoiceSource& source,
                                 const TableOptions& options, const Stop& stop) {
  if (Result<void> ready =
          prepare_table(connection, options.table,
                        create_invoice_table(connection, options.table, options.update_decimals),
                        options.if_not_empty);
      !ready) {
    return fail(std::move(ready));
  }

  LoadedRows loaded;
  TransactionRows rows(source, options.update_decimals);
  while (!rows.at_end()) {
    if (stop.requested()) {
      loaded.stopped = true;
      return loaded;
    }
    rows.begin(options.rows_per_transaction);
    if (Result<void> begun = connection.begin(sql::Isolation::write); !begun) {
      return fail(std::move(begun));
    }
    Result<std::int64_t> written = connection.bulk_insert(options.table, invoice_columns(), rows);
    if (!written) {
      connection.rollback();
      return fail(std::move(written));
    }
    if (Result<void> committed = connection.commit(); !committed) return fail(std::move(committed));
    loaded.rows += *written;
    loaded.payload_bytes = rows.payload_bytes();
    if (options.progress) options.progress(loaded.rows);
  }
  if (options.with_index) {
    if (Result<void> indexed = make_index(connection, options.table); !indexed) {
      return fail(std::move(indexed));
    }
  }
  return loaded;
}

}  // namespace tidemark::samples
