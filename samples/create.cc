#include "samples/create.h"

#include <charconv>

#include "samples/reference_data.h"

namespace tidemark::samples {
namespace {

class GeneratedInvoices final : public InvoiceSource {
 public:
  GeneratedInvoices(const GeneratorOptions& options, std::int64_t from)
      : generator_(options), next_(from), count_(options.count) {}

  [[nodiscard]] Result<bool> next(Invoice& out) override {
    if (next_ >= count_) return false;
    generator_.make(next_++, out);
    return true;
  }

 private:
  InvoiceGenerator generator_;
  std::int64_t next_;
  std::int64_t count_;
};

Result<void> check_options(const GeneratorOptions& options) {
  if (options.count < 1 || options.tenants < 1 || options.tenants > 1'000'000) {
    return fail(ErrorKind::usage, {"at least one invoice and 1 to 1000000 tenants are needed",
                                   "至少需要一张发票，租户数须在 1 到 1000000 之间"});
  }
  if (options.big_tenant_percent < 0 || options.big_tenant_percent > 100 ||
      options.hostile_permille < 0 || options.hostile_permille > 1000) {
    return fail(ErrorKind::usage, {"a share lies between 0 and the whole", "占比超出范围"});
  }
  if (options.from >= options.until) {
    return fail(ErrorKind::usage,
                {"the time range ends before it begins", "时间范围的结束早于开始"});
  }
  return {};
}

/// Rows that an interrupted create has written already: ids are given in order from 1.
Result<std::int64_t> rows_before(sql::Connection& connection, const TableOptions& options) {
  Result<std::int64_t> made =
      connection.execute(create_invoice_table(connection, options.table, options.update_decimals));
  if (!made) return fail(std::move(made));
  Result<std::optional<std::string>> last =
      sql::query_value(connection, "SELECT MAX(fid) FROM " + connection.quoted(options.table));
  if (!last) return fail(std::move(last));
  std::int64_t rows = 0;
  if (*last) std::from_chars((*last)->data(), (*last)->data() + (*last)->size(), rows);
  return rows;
}

}  // namespace

Result<LoadedRows> create(sql::Connection& connection, const CreateOptions& options,
                          const Stop& stop) {
  if (Result<void> sensible = check_options(options.invoices); !sensible) {
    return fail(std::move(sensible));
  }
  TableOptions table = options.table;
  std::int64_t from = 0;
  if (options.resume) {
    Result<std::int64_t> before = rows_before(connection, table);
    if (!before) return fail(std::move(before));
    from = *before;
    table.if_not_empty = IfNotEmpty::append;
  }
  GeneratedInvoices invoices(options.invoices, from);
  Result<LoadedRows> loaded = load_invoices(connection, invoices, table, stop);
  if (!loaded || loaded->stopped || !options.reference_data) return loaded;
  Result<std::int64_t> codes =
      create_reference_data(connection, table.if_not_empty == IfNotEmpty::replace);
  if (!codes) return fail(std::move(codes));
  return loaded;
}

}  // namespace tidemark::samples
