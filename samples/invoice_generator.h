#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "samples/invoice.h"

namespace tidemark::samples {

struct GeneratorOptions {
  std::uint64_t seed = 1;
  std::int64_t count = 10'000;  ///< How many the table will hold: they are spread over the time.
  std::int64_t tenants = 20;
  /// The first tenant's share; the rest is a tail in which each tenant has less than the last.
  int big_tenant_percent = 50;
  /// Range of the update times. Fixed, so that the same seed gives the same table next year.
  CivilTime from = *CivilTime::parse("2024-01-01");
  CivilTime until = *CivilTime::parse("2025-12-31 23:59:59");
  /// Invoice numbers with characters that no file name may have, in a thousand.
  int hostile_permille = 5;
};

/// Lifelike invoices by number. Invoice `i` depends on the options and `i` alone, byte for byte, on
/// every machine: the arithmetic is in integers throughout. Money is scaled integers.
/// Immutable; thread-safe.
class InvoiceGenerator {
 public:
  /// `tenants` and `count` must be positive, `from` before `until`.
  explicit InvoiceGenerator(const GeneratorOptions& options);

  /// Fills `out`, reusing its memory; `index` counts from 0, the id is `index` + 1. Beyond `count`
  /// invoices go on, at the end of the time range.
  void make(std::int64_t index, Invoice& out) const;

  /// As above, updated (and issued a little before) at `stamp`: an invoice that arrives later.
  void make_at(std::int64_t index, CivilTime stamp, Invoice& out) const;

  /// Names of the tenants, the big one first.
  [[nodiscard]] const std::vector<std::string>& tenants() const { return tenants_; }

 private:
  void fill(std::int64_t index, const CivilTime* stamp, Invoice& out) const;

  GeneratorOptions options_;
  std::vector<std::string> tenants_;
};

}  // namespace tidemark::samples
