#include "export/progress_marks.h"

#include <vector>

namespace tidemark::exporter {

Result<void> save_watermarks(const watermark::StateFile& file, watermark::State& state,
                             std::deque<Job>& jobs) {
  std::vector<Job*> saved;
  for (Job& job : jobs) {
    if (!job.window || job.recorded || job.pending.load() > 0 || job.window->empty()) continue;
    const std::optional<Error> error = job.error();
    if (error && error->kind == ErrorKind::cancelled) continue;
    saved.push_back(&job);
    watermark::TenantState& entry = state[job.tenant];
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
  if (Result<void> written = file.save(state); !written) return written;
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
