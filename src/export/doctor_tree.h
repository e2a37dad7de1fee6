#pragma once

#include "export/doctor.h"

namespace tidemark::exporter {

/// `output`: the folder, or the one it will be made in, can be written. Leaves nothing behind.
[[nodiscard]] Finding check_output(const std::string& output);
/// `place`: no other export's tree is around it. `name`: of the `[export.NAME]`.
[[nodiscard]] Finding check_place(const std::string& output, const std::string& name);
/// `disk`: free space of its file system.
[[nodiscard]] Finding check_disk(const std::string& output);
/// `inodes`: every invoice is a file; compared with the rows that have none yet, if there is a
/// patient.
[[nodiscard]] Finding check_inodes(const std::string& output, const Patient* patient);
/// `state`: the watermarks can be read, and none is later than the patient's clock, if there is
/// one.
[[nodiscard]] Finding check_state_file(const std::string& output, const Patient* patient);
/// `tree_index`: so can the index.
[[nodiscard]] Finding check_tree_index(const std::string& output);
/// `source`: the watermarks were taken in the zone, and from the database, that are set now,
/// by the export of that name.
[[nodiscard]] Finding check_source_record(const std::string& output, const Patient& patient);

}  // namespace tidemark::exporter
