// write_floor ROOT THREADS: holds all invoices in memory, then writes them as files; only the
// writing is timed. No exporter can be faster than its file system.
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "bench/invoice_scan.h"
#include "bench/invoice_tree.h"
#include "bench/report.h"

namespace {

using namespace tidemark::bench;

struct Invoice {
  std::string tenant, country, issue_date, number, payload;
};

std::vector<Invoice> read_all() {
  std::vector<Invoice> invoices;
  InvoiceScan scan({0, std::numeric_limits<std::int64_t>::max()});
  InvoiceRow row;
  while (scan.next(row)) {
    invoices.push_back({std::string(row.tenant), std::string(row.country),
                        std::string(row.issue_date), std::string(row.number),
                        std::string(row.payload)});
  }
  return invoices;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) die("usage", "write_floor ROOT THREADS");
  const int threads = parse_count(argv[2], 1);
  const std::vector<Invoice> invoices = read_all();
  std::int64_t bytes = 0;
  for (const Invoice& invoice : invoices)
    bytes += static_cast<std::int64_t>(invoice.payload.size());

  const auto start = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> writers;
    writers.reserve(static_cast<std::size_t>(threads));
    for (int writer = 0; writer < threads; ++writer) {
      writers.emplace_back([&, writer] {
        const auto parts = static_cast<std::size_t>(threads);
        const auto part = static_cast<std::size_t>(writer);
        InvoiceTree tree(argv[1], writer);
        for (std::size_t i = invoices.size() * part / parts;
             i < invoices.size() * (part + 1) / parts; ++i) {
          const Invoice& it = invoices[i];
          tree.write({it.tenant, it.country, it.issue_date, it.number, it.payload});
        }
      });
    }
  }
  report(std::chrono::steady_clock::now() - start, static_cast<std::int64_t>(invoices.size()),
         bytes);
}
