#include "export/doctor.h"

#include "export/doctor_packed.h"
#include "export/doctor_server.h"
#include "export/doctor_table.h"
#include "export/doctor_tree.h"

namespace tidemark::exporter {

std::vector<Finding> examine_source(const Patient& patient) {
  std::vector<Finding> findings;
  for (Finding (*check)(const Patient&) :
       {check_version, check_clock, check_zone, check_open_transactions, check_replica,
        check_engine, check_select, check_names, check_key, check_payload_charset, check_index,
        check_update_time, check_null_stamps, check_future_stamps}) {
    findings.push_back(check(patient));
  }
  return findings;
}

std::vector<Finding> examine_tree(const std::string& name, const ExportOptions& options,
                                  const Patient* patient) {
  std::vector<Finding> findings{check_output(options.output),
                                check_place(options.output, name),
                                check_disk(options.output),
                                check_inodes(options.output, patient),
                                check_state_file(options.output, patient),
                                check_tree_index(options.output)};
  if (std::optional<Finding> parts = check_parts(options.output)) {
    findings.push_back(std::move(*parts));
  }
  if (patient != nullptr) findings.push_back(check_source_record(options.output, *patient));
  return findings;
}

}  // namespace tidemark::exporter
