#include "export/progress_marks.h"

#include <algorithm>
#include <set>
#include <string>
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

watermark::TenantStatus status_by(bool rejects) {
  return rejects ? watermark::TenantStatus::partial : watermark::TenantStatus::success;
}

/// Lines that no job writes: their rejects were mended, or came to light, behind the watermark. One
/// that the index does not reach says what somebody wrote there, or what a list of rejects that is
/// lost knew. True if any changed.
bool settle_statuses(ExportPlan& plan) {
  bool changed = false;
  for (auto& [tenant, entry] : plan.state) {
    if (entry.status == watermark::TenantStatus::failed || plan.hand_edited.contains(tenant)) {
      continue;
    }
    const watermark::TenantStatus status = status_by(plan.rejecting.may_be_of(tenant));
    if (entry.status == status) continue;
    const auto covered = plan.covered.find(tenant);
    const bool is_known = covered != plan.covered.end() && covered->second >= entry.mark;
    if (status == watermark::TenantStatus::success && !is_known) continue;
    entry.status = status;
    changed = true;
  }
  return changed;
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
      const bool reads_again = plan.set_back && plan.covered.contains(job.tenant);
      entry.mark = reads_again ? std::max(entry.mark, job.window->upto) : job.window->upto;
      entry.status = status_by(plan.leaves_rejects(job));
      plan.covered.insert_or_assign(job.tenant, job.window->upto);
    }
  }
  const bool settled = plan.rejects_closed && settle_statuses(plan);
  if (saved.empty() && !settled) return {};
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
  std::set<std::string> tenants;
  for (const GroupCount& group : groups.all()) tenants.insert(group.tenant);
  for (const std::string& tenant : tenants) {
    if (Result<void> added = index.add_covered(tenant); !added) return added;
  }
  return {};
}

}  // namespace tidemark::exporter
