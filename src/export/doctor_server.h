#pragma once

#include "export/doctor.h"

namespace tidemark::exporter {

/// `version`: which server answers.
[[nodiscard]] Finding check_version(const Patient& patient);
/// `clock`: server and machine. Boundaries are the server's alone, so this harms nobody's data; but
/// times in logs and reports will not match.
[[nodiscard]] Finding check_clock(const Patient& patient);
/// `zone`: in which the update time is written. Where the clock is set back once a year, an hour
/// comes twice, and rows stamped in its second pass may lie below a watermark already.
[[nodiscard]] Finding check_zone(const Patient& patient);
/// `grants`: whether transactions of others can be seen, which the fence needs.
[[nodiscard]] Finding check_open_transactions(const Patient& patient);
/// `replica`: rows that arrive late on a replica eat up the margin, and its open transactions are
/// not those of its source.
[[nodiscard]] Finding check_replica(const Patient& patient);
/// `engine`: whether the table's reads see a snapshot (MySQL).
[[nodiscard]] Finding check_engine(const Patient& patient);
/// `select`: whether all columns may be read.
[[nodiscard]] Finding check_select(const Patient& patient);

}  // namespace tidemark::exporter
