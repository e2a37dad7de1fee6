#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "samples/load_invoices.h"

namespace tidemark::samples {

struct GoblOptions {
  std::int64_t first_id = 1;
  std::string no_tenant = "gobl";  ///< For a supplier with neither tax id nor name.
  /// fupdate_time of all; without it, midnight of the issue date.
  std::optional<CivilTime> update_time{};
};

struct GoblFigures {
  /// A file that is no invoice, and why: `bill/payment, not an invoice`.
  struct Skipped {
    std::string path;
    Message reason;
  };
  std::int64_t invoices = 0;
  std::int64_t without_number = 0;  ///< Drafts: their file's name became the number.
  std::vector<Skipped> skipped;
};

/// The GOBL invoices (https://docs.gobl.org/draft-0/bill/invoice) in the `.json` files of a folder
/// and all below it, in order of their paths: envelopes, or bare documents. The payload is the
/// file, byte for byte.
///   tenant   the supplier's tax id (`DE111111125`), else its name, at most 64 characters
///   country  of the supplier's tax id, else of its first address, else the tax regime; upper case
///   number   series and code, as `SERIES-001`
/// What cannot be imported is set aside with its reason; the others go on.
class GoblInvoices final : public InvoiceSource {
 public:
  static constexpr std::size_t max_file_bytes = std::size_t{64} << 20;

  /// Lists the files. Errors: not_found, io.
  [[nodiscard]] static Result<GoblInvoices> open(const std::string& folder, GoblOptions options);

  [[nodiscard]] Result<bool> next(Invoice& out) override;

  /// Complete when next() has said false.
  [[nodiscard]] const GoblFigures& figures() const { return figures_; }

 private:
  GoblInvoices(std::vector<std::string> paths, GoblOptions options)
      : paths_(std::move(paths)), options_(std::move(options)) {}

  std::vector<std::string> paths_;
  GoblOptions options_;
  std::size_t at_ = 0;
  GoblFigures figures_;
};

}  // namespace tidemark::samples
