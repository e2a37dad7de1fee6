#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/civil_time.h"

namespace tidemark::exporter {

/// Which table is exported and what its columns are called. The defaults are the invoice table.
struct TableSpec {
  std::string name = "invoices";  ///< `[export.NAME]`.
  std::string table = "t_invoice";
  std::vector<std::string> key;  ///< Empty: the table's primary key.
  std::string tenant = "ftenant_id";
  std::string country = "fcountry";  ///< Empty: the table has none.
  std::string date = "fissue_date";
  std::string number = "finvoice_no";
  std::string status = "fissue_status";  ///< Empty: rows of every status.
  std::string status_value = "3";
  std::string payload = "fext_field";
  std::string update_time = "fupdate_time";  ///< Empty: only full exports.
  std::string path = "{tenant}/{country}/{date}+{number}";
};

enum class Mode { full, incremental };
enum class Compression { none, gzip, zstd };
enum class Layout { files, ndjson };

/// How one run goes about it.
struct ExportOptions {
  std::string output = "context/invoices";
  Mode mode = Mode::full;
  Layout layout = Layout::files;
  Compression compression = Compression::none;
  int compression_level = 0;  ///< 0: the codec's default.
  int threads = 4;
  bool dry_run = false;
  /// A full run that tells why each row was not in the tree; see SweepFinding.
  bool sweep = false;
  /// Only the first groups (tenant × country, by their bytes).
  std::optional<std::uint64_t> limit;
  std::vector<std::string> tenants;    ///< Empty: all.
  std::vector<std::string> countries;  ///< Empty: all. `UNKNOWN` is NULL or empty.
  std::chrono::milliseconds margin{std::chrono::minutes{5}};
  bool fence = true;
  std::string zone;  ///< Empty: the server's.
  bool confirm_zone = false;
  bool confirm_source = false;  ///< Another address of the same rows, or rows that replace them.
  bool prune = false;
  std::vector<std::string> required_fields;
  /// Set: read just the rows on the reject list that have these keys (empty: all of the list)
  /// again, and nothing else; watermarks stay.
  std::optional<std::vector<std::string>> retried_rejects;
  /// Set: rows stamped at or before it do not exist, in both modes. For trying a large table out.
  std::optional<CivilTime> since;

  /// Every row of the source is looked at: what is not met is gone.
  [[nodiscard]] bool covers_all() const {
    return mode == Mode::full && tenants.empty() && countries.empty() && !limit &&
           !retried_rejects && !since;
  }
  /// A tenant that is only partly covered keeps its watermark.
  [[nodiscard]] bool moves_watermarks() const {
    return mode == Mode::incremental && countries.empty() && !limit && !dry_run;
  }
};

}  // namespace tidemark::exporter
