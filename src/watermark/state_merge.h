#pragma once

#include <string>
#include <vector>

#include "watermark/state_file.h"

namespace tidemark::watermark {

struct MergedState {
  State state;
  std::vector<std::string> edited;  ///< Tenants whose line was changed, added or deleted by hand.
};

/// Three versions meet when somebody edits the state file while a run is at work: what the run
/// found or wrote last (`base`), what it would write now (`ours`), and what the file holds
/// (`theirs`). A line that was edited stands as it is; every other one is ours.
[[nodiscard]] MergedState merge_edits(const State& base, State ours, const State& theirs);

}  // namespace tidemark::watermark
