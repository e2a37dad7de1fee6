#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/exit_code.h"
#include "base/result.h"
#include "base/text.h"
#include "export/chunk.h"
#include "export/spec.h"
#include "watermark/boundary.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// One tenant of an incremental run.
struct TenantReport {
  std::string tenant;
  CivilTime from;
  CivilTime to;  ///< Equal to `from` if the watermark did not move.
  std::uint64_t records = 0;
  watermark::TenantStatus status = watermark::TenantStatus::success;
  std::optional<Error> error;
};

/// A file whose row is no longer exported at the source (deleted, voided).
struct GoneRow {
  Key key;
  std::string path;
};

/// What one run did: the same numbers in the table for people, the JSON line, the ledger and the
/// exit code.
struct ExportSummary {
  std::string name = "invoices";
  ExportOptions options;
  std::uint64_t tenants_total = 0;  ///< With rows, or looked at by an incremental run.
  std::uint64_t groups_total = 0;
  std::uint64_t groups_ok = 0;
  std::uint64_t groups_failed = 0;
  std::uint64_t groups_empty = 0;
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;
  std::uint64_t files_written = 0;  ///< Layout ndjson: parts.
  std::uint64_t files_unchanged = 0;
  std::uint64_t files_removed = 0;
  std::uint64_t files_failed = 0;
  std::uint64_t rejected = 0;      ///< Rows of this run that were set aside.
  std::uint64_t rejects_open = 0;  ///< On the list and not accepted, after this run.
  std::uint64_t collisions = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t rows_gone = 0;     ///< In the tree, no longer at the source.
  std::uint64_t gone_removed = 0;  ///< Of these, removed by --prune.
  std::vector<GoneRow> gone_examples;
  // Sweeps only; see UnknownFiles.
  std::uint64_t files_unknown = 0;    ///< Named like ours, but no row's.
  std::uint64_t unknown_removed = 0;  ///< Of these, removed by --apply.
  std::vector<std::string> unknown_examples;
  std::uint64_t files_foreign = 0;  ///< Not named like ours.
  std::vector<std::string> foreign_examples;
  /// Incremental only: whose watermark lies later than the database's clock. Nothing of them is
  /// read until then.
  std::uint64_t tenants_ahead = 0;
  double seconds = 0;
  std::optional<watermark::Boundary> boundary;
  SweepFindings findings;             ///< Sweeps only.
  std::vector<TenantReport> tenants;  ///< Incremental only.
  std::vector<GroupCount> failed_groups;
  std::vector<Error> errors;   ///< Distinct, the first few.
  std::vector<Message> notes;  ///< What a reader should know: rebuilt index, missing grant.
  int stopped_by = 0;          ///< Signal, 0 if the run came to its end.

  /// Of a sweep: rows and files that no later run puts right by itself. Rows beyond the watermark
  /// are none; the next incremental run takes them.
  [[nodiscard]] std::uint64_t unrepaired() const;
  /// It came to its end, and what it tried is done. Rows may be set aside or left to repair.
  [[nodiscard]] bool nothing_failed() const {
    return stopped_by == 0 && errors.empty() && files_failed == 0;
  }
  /// done, partial, else by the kind of the failure when nothing was done; the signal's if stopped.
  [[nodiscard]] ExitCode exit_code() const;
};

/// How many of each kind: `{"no_update_time":0,…}`
[[nodiscard]] nlohmann::ordered_json findings_json(const SweepFindings& findings);
/// The command that redoes what failed: `command_line`, for the tenants that failed only where it
/// names none and they are few. Empty if nothing failed.
[[nodiscard]] std::string redo_command(const ExportSummary& summary,
                                       const std::string& command_line);
/// The one-line JSON object of `--json`: message_type "summary".
[[nodiscard]] std::string summary_json(const ExportSummary& summary,
                                       const std::string& command_line);
/// The table for people. `command_line` is the run's own, see redo_command().
[[nodiscard]] std::string summary_text(const ExportSummary& summary, Language language,
                                       const std::string& command_line);

}  // namespace tidemark::exporter
