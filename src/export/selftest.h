#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/stop.h"
#include "export/slice_reader.h"
#include "export/spec.h"
#include "export/summary.h"

namespace tidemark::exporter {

/// Plays an export through against its real source, in a temporary folder that is removed:
/// configuration, first incremental run, form of the state, run without news, dry run, lock, full
/// run, backup. So that a large table is not exported, it takes the first few tenants and, of each,
/// only the newest rows. The source is only read.
class Selftest {
 public:
  static constexpr int steps = 8;
  static constexpr std::uint64_t tenants_default = 3;
  static constexpr std::uint64_t rows_per_tenant = 1000;

  struct Environment {
    Connect connect;
    const Clock& clock;
    const Stop& stop;
    std::string source;  ///< Url::identity().
    std::uint64_t tenants_max = tenants_default;
    /// Called before and after each step, in order; number from 1. The result is what was seen, or
    /// why the step failed.
    std::function<void(int number, const Message& name)> on_begin;
    std::function<void(int number, const Message& name, const Result<Message>& result)> on_end;
  };

  Selftest(Environment environment, TableSpec spec, ExportOptions options);

  /// Returns how many steps passed. After a step without which the others make no sense, and when
  /// asked to stop, the rest are not tried. Errors: io (no temporary folder).
  [[nodiscard]] Result<int> run();

 private:
  [[nodiscard]] Result<Message> configuration();
  [[nodiscard]] Result<Message> first_incremental();
  [[nodiscard]] Result<Message> state_form();
  [[nodiscard]] Result<Message> without_news();
  [[nodiscard]] Result<Message> dry_run();
  [[nodiscard]] Result<Message> locking();
  [[nodiscard]] Result<Message> full_run();
  [[nodiscard]] Result<Message> backup();
  [[nodiscard]] Result<void> choose_rows();
  [[nodiscard]] Result<ExportSummary> export_once(const ExportOptions& options) const;

  Environment environment_;
  TableSpec spec_;
  ExportOptions options_;
  std::string folder_;
};

}  // namespace tidemark::exporter
