#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "base/clock.h"
#include "run/finding.h"
#include "sql/connection.h"

namespace tidemark::load {

/// The warehouse to look at. The connection may be read-only; nothing is changed.
struct WarehousePatient {
  sql::Connection& connection;
  std::string path{};  ///< SQLite: the file; empty otherwise.
  const Clock& clock;
  CivilTime history_start;        ///< What is older need not be loaded.
  std::chrono::seconds margin{};  ///< A watermark that is further ahead lies in the future.
};

/// What a warehouse needs that is to be filled: version, character set, grants, the zone of its
/// times, disk space, and how it stands with what was loaded: the watermark of each stream, rows
/// that were set aside. Reads little, whatever the tables hold, but for a file of SQLite: all of
/// it, to see whether it is whole.
[[nodiscard]] std::vector<run::Finding> examine_warehouse(const WarehousePatient& patient);

/// What to do about a file of SQLite that is damaged.
[[nodiscard]] Message mend_of_damaged_file();

/// The disk under an SQLite file, which need not be there yet.
[[nodiscard]] run::Finding check_warehouse_disk(const std::string& path);

}  // namespace tidemark::load
