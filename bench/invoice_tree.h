#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "bench/invoice_scan.h"

namespace tidemark::bench {

/// Writes invoices as files of the export's layout, ROOT/tenant/country/yyyymmdd+number.json, with
/// the fewest calls that make each appear whole: open, write, close, rename. No sync, no index, no
/// checks: this is the floor. Each thread has its own. Dies of every error.
class InvoiceTree {
 public:
  /// `writer` tells the temporary names of several writers apart.
  InvoiceTree(std::string root, int writer);

  void write(const InvoiceRow& row);

 private:
  int folder(std::string_view tenant, std::string_view country);

  std::string root_;
  std::string temporary_name_;
  std::string name_;
  std::map<std::string, UniqueFd, std::less<>> folders_;
  std::string key_;
};

}  // namespace tidemark::bench
