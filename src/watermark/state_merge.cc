#include "watermark/state_merge.h"

namespace tidemark::watermark {

MergedState merge_edits(const State& base, State ours, const State& theirs) {
  MergedState merged{.state = std::move(ours), .edited = {}};
  for (const auto& [tenant, entry] : theirs) {
    const auto before = base.find(tenant);
    if (before != base.end() && before->second == entry) continue;
    merged.state.insert_or_assign(tenant, entry);
    merged.edited.push_back(tenant);
  }
  for (const auto& [tenant, entry] : base) {
    if (theirs.contains(tenant)) continue;
    merged.state.erase(tenant);
    merged.edited.push_back(tenant);
  }
  return merged;
}

}  // namespace tidemark::watermark
