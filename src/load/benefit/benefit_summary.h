#pragma once

#include <string>
#include <string_view>

#include "load/benefit/benefit_run.h"

namespace tidemark::load {

/// For people; ends with a newline. `again` is the command line that goes on after a stop.
[[nodiscard]] std::string summary_text(const BenefitSummary& summary, Language language,
                                       std::string_view again);
/// One JSON line without its newline: `{"message_type":"summary","command":"load benefits",…}`.
[[nodiscard]] std::string summary_json(const BenefitSummary& summary, ExitCode code);
/// The counts for the record of the run: a JSON object.
[[nodiscard]] std::string counts_json(const BenefitSummary& summary);

}  // namespace tidemark::load
