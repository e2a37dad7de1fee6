#pragma once

#include <optional>
#include <string_view>

#include "base/civil_time.h"
#include "export/chunk.h"
#include "watermark/state_file.h"

namespace tidemark::exporter {

/// Further than this from the database's clock no zone leads: such a stamp is no time at which
/// somebody wrote a row.
inline constexpr std::chrono::days ahead_max{1};

/// By what a sweep tells why a row that is not in the tree was passed over. `marks` outlives it.
struct SweepMeasures {
  const watermark::State* marks = nullptr;
  CivilTime now;            ///< The database's clock, in the zone of the column.
  bool whole_days = false;  ///< The update time is a day, without a time of day.
  /// Two tenants may be one to the column's collation; see find_tenants().
  bool tenants_need_bytes = false;

  /// `stamp` as the server shows it. Never file_damaged.
  [[nodiscard]] SweepFinding finding_of(std::string_view tenant, std::string_view stamp) const;

 private:
  /// Up to where no later run reads the tenant's rows by itself.
  [[nodiscard]] CivilTime read_upto(std::string_view tenant) const;
};

}  // namespace tidemark::exporter
