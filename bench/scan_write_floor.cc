// scan_write_floor ROOT THREADS: each thread reads a key range and writes its invoices as files,
// row by row: the least that an export of one file each consists of.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "bench/invoice_scan.h"
#include "bench/invoice_tree.h"
#include "bench/report.h"

int main(int argc, char** argv) {
  using namespace tidemark::bench;
  if (argc != 3) die("usage", "scan_write_floor ROOT THREADS");
  const int threads = parse_count(argv[2], 1);

  const auto start = std::chrono::steady_clock::now();
  std::atomic<std::int64_t> rows = 0;
  std::atomic<std::int64_t> bytes = 0;
  {
    std::vector<std::jthread> workers;
    for (const KeyRange range : key_ranges(threads)) {
      workers.emplace_back([&, range, writer = static_cast<int>(workers.size())] {
        InvoiceTree tree(argv[1], writer);
        InvoiceScan scan(range);
        InvoiceRow row;
        std::int64_t own_rows = 0;
        std::int64_t own_bytes = 0;
        while (scan.next(row)) {
          tree.write(row);
          ++own_rows;
          own_bytes += static_cast<std::int64_t>(row.payload.size());
        }
        rows += own_rows;
        bytes += own_bytes;
      });
    }
  }
  report(std::chrono::steady_clock::now() - start, rows, bytes);
}
