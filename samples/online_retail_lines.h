#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/civil_time.h"
#include "base/decimal.h"
#include "base/result.h"
#include "samples/csv_reader.h"

namespace tidemark::samples {

/// A line of the UCI data set "Online Retail", as it stands there.
struct OnlineRetailLine {
  std::string number, stock_code, description, customer, country;
  Decimal quantity, price;
  CivilTime time;
};

/// Reads that data set: CSV with the columns InvoiceNo, StockCode, Description, Quantity,
/// InvoiceDate, UnitPrice, CustomerID, Country, in any order. Streams.
class OnlineRetailLines {
 public:
  explicit OnlineRetailLines(ByteSource source) : csv_(std::move(source)) {}

  /// False at the end. Errors: corrupt, naming the line (no CSV, a column is missing, a field
  /// cannot be read); those of the source.
  [[nodiscard]] Result<bool> next(OnlineRetailLine& line);

  /// That the line read last is wrong: an error that names it and quotes `value`.
  [[nodiscard]] std::unexpected<Error> broken(std::string_view en, std::string_view zh,
                                              std::string_view value) const;

 private:
  Result<void> read_header();
  Result<void> read_line(OnlineRetailLine& line) const;

  CsvReader csv_;
  bool started_ = false;
  std::array<std::size_t, 8> column_{};
};

}  // namespace tidemark::samples
