// scan_floor: reads the export's columns of the whole table, unbuffered, and throws them away.
// No exporter can be faster than its database.
#include <chrono>
#include <cstdint>
#include <limits>

#include "bench/invoice_scan.h"
#include "bench/report.h"

int main() {
  using namespace tidemark::bench;
  const auto start = std::chrono::steady_clock::now();
  InvoiceScan scan({0, std::numeric_limits<std::int64_t>::max()});
  InvoiceRow row;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  while (scan.next(row)) {
    ++rows;
    bytes += static_cast<std::int64_t>(row.payload.size());
  }
  report(std::chrono::steady_clock::now() - start, rows, bytes);
}
