#include "export/progress_marks.h"

#include <vector>

#include "base/bytes.h"
#include "watermark/state_merge.h"

namespace tidemark::exporter {
namespace {

/// Brings what was edited in the file by hand into the plan's state.
Result<void> keep_edits(const watermark::StateFile& file, ExportPlan& plan) {
  const Result<watermark::State> present = file.load();
  if (!present) return std::unexpected(present.error());
  watermark::MergedState merged =
      watermark::merge_edits(plan.state_on_disk, std::move(plan.state), *present);
  plan.state = std::move(merged.state);
  for (const std::string& tenant : merged.edited) {
    if (!plan.hand_edited.insert(tenant).second) continue;
    for (Job& job : plan.jobs) {
      if (!job.window || job.tenant != tenant) continue;
      job.fail_with(make_error(
          ErrorKind::rejected,
          {"the line of tenant {} in {} was edited during the run; the edit stands, and the next "
           "run goes by it",
           "租户 {} 在 {} 中的行在运行期间被修改；以该修改为准，下次运行将据此执行"},
          printable(tenant), file.path()));
    }
  }
  return {};
}

}  // namespace

Result<void> save_watermarks(const watermark::StateFile& file, ExportPlan& plan) {
  std::vector<Job*> saved;
  for (Job& job : plan.jobs) {
    if (plan.hand_edited.contains(job.tenant)) continue;
    if (!job.window || job.recorded || job.pending.load() > 0 || job.window->empty()) continue;
    const std::optional<Error> error = job.error();
    if (error && error->kind == ErrorKind::cancelled) continue;
    saved.push_back(&job);
    watermark::TenantState& entry = plan.state[job.tenant];
    entry.records = job.exported();
    if (error) {
      entry.status = watermark::TenantStatus::failed;
    } else {
      entry.mark = job.window->upto;
      entry.status = job.rejected.load() > 0 ? watermark::TenantStatus::partial
                                             : watermark::TenantStatus::success;
    }
  }
  if (saved.empty()) return {};
  if (Result<void> kept = keep_edits(file, plan); !kept) return kept;
  if (Result<void> written = file.save(plan.state); !written) return written;
  plan.state_on_disk = plan.state;
  for (Job* job : saved) job->recorded = true;
  return {};
}

Result<void> cover_windows(TreeIndex& index, const std::deque<Job>& jobs) {
  for (const Job& job : jobs) {
    if (!job.window || job.window->empty() || !job.is_done()) continue;
    if (Result<void> set = index.set_covered(job.tenant, job.window->upto); !set) return set;
  }
  return {};
}

Result<void> cover_tenants(TreeIndex& index, const GroupTable& groups) {
  for (const GroupCount& group : groups.all()) {
    if (Result<void> set = index.set_covered(group.tenant, CivilTime::baseline()); !set) {
      return set;
    }
  }
  return {};
}

}  // namespace tidemark::exporter
