#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/decimal.h"
#include "samples/load_invoices.h"
#include "samples/online_retail_lines.h"

namespace tidemark::samples {

struct OnlineRetailOptions {
  std::string tenant = "online-retail";
  std::int64_t first_id = 1;
};

struct OnlineRetailFigures {
  std::int64_t invoices = 0;
  std::int64_t lines = 0;
  std::int64_t cancellations = 0;  ///< Their numbers begin with `C`.
  Decimal amount;                  ///< Sum of quantity times unit price, in GBP, exact.
  std::map<std::string, std::int64_t> countries;  ///< Invoices by the name in the file.
  std::set<std::string> unknown_countries;        ///< Imported without a country code.
};

/// Reads the UCI data set "Online Retail" (CSV with the columns InvoiceNo, StockCode, Description,
/// Quantity, InvoiceDate, UnitPrice, CustomerID, Country, in any order) as invoices, one JSON
/// document each, streaming. Amounts are decimals, as long as they are: 6 x 2.55 is 15.30.
///
/// The lines of an invoice need not be adjacent: it is complete when `window` later invoices have
/// begun. Issue date is its first line's time, update time its last line's.
/// Errors: corrupt, naming the line (no CSV, a field that cannot be read, an invoice that begins
/// anew after it was complete, or whose customer or country changes); nothing is guessed.
class OnlineRetailInvoices final : public InvoiceSource {
 public:
  static constexpr std::size_t window = 64;

  OnlineRetailInvoices(ByteSource source, OnlineRetailOptions options)
      : lines_(std::move(source)), options_(std::move(options)) {}

  [[nodiscard]] Result<bool> next(Invoice& out) override;

  /// Complete when next() has said false.
  [[nodiscard]] const OnlineRetailFigures& figures() const { return figures_; }

 private:
  struct Open {
    std::string number, customer, country;
    CivilTime first, last;
    std::string lines;
    std::int64_t count = 0;
    Decimal quantity, amount;
  };

  Result<void> add(const OnlineRetailLine& line);
  void finish(const Open& invoice, Invoice& out);

  OnlineRetailLines lines_;
  OnlineRetailOptions options_;
  bool at_end_ = false;
  std::deque<Open> open_;
  std::unordered_set<std::string> complete_;
  OnlineRetailFigures figures_;
};

}  // namespace tidemark::samples
