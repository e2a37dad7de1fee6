#include "export/packed_end.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "export/codec.h"
#include "export/kept_lines.h"
#include "export/stale_files.h"

namespace tidemark::exporter {
namespace {

using JobOf = std::unordered_map<std::string_view, const Job*>;

JobOf jobs_by_tenant(const ExportPlan& plan) {
  JobOf job_of;
  for (const Job& job : plan.jobs) {
    if (job.window) job_of.emplace(job.tenant, &job);
  }
  return job_of;
}

/// Read to its end. A row that stands outside of what is exported (it has no usable key) holds
/// nothing back but the watermark.
bool is_read_whole(const Job& job) { return job.pending.load() == 0 && job.is_whole(); }

std::set<Key> rejected_rows(const Publisher& publisher) {
  std::set<Key> rejected = publisher.met_rejects();
  for (const MendedRow& row : publisher.mended_rows()) rejected.erase(row.key);
  // One of the rows that share the key has its line in the new parts.
  for (const Key& key : publisher.kept_of_doubled()) rejected.erase(key);
  return rejected;
}

Result<void> publish(const PackedWork& work, const JobOf& job_of,
                     const PackedTree::IsPublished& is_published, PackedEnd& end) {
  // Rows that stand outside may have lines in the old parts, by the key that they had.
  const bool all_met =
      std::ranges::none_of(work.plan.jobs, [](const Job& job) { return job.error().has_value(); });
  // And so may rows that moved into what the run did not read.
  auto old_parts = work.options.covers_all() && all_met ? PackedTree::OldParts::replaced
                                                        : PackedTree::OldParts::kept;
  if (old_parts == PackedTree::OldParts::replaced) {
    Compressor compressor(work.options.compression, work.options.compression_level);
    Result<KeptLines> kept = keep_lines(rejected_rows(work.publisher), work.groups, compressor,
                                        work.stop, work.index, work.packed);
    if (!kept) return fail(std::move(kept.error()));
    end.standing = std::move(kept->standing);
    end.damage = std::move(kept->damage);
    // The last good lines stand somewhere in them.
    if (end.damage) old_parts = PackedTree::OldParts::kept;
  }
  const auto window_of = [&job_of](const std::string& tenant) {
    const auto job = job_of.find(tenant);
    return job == job_of.end() ? watermark::Window{} : *job->second->window;
  };
  Result<PackedTree::Commit> commit =
      work.packed.commit(work.index, old_parts, is_published, window_of);
  if (!commit) return fail(std::move(commit.error()));
  end.commit = std::move(*commit);
  end.standing.insert(end.commit.folders.begin(), end.commit.folders.end());
  return {};
}

/// Takes the rows that are good now off the reject list. A tenant or a group that is not published
/// keeps its rejects for the next run.
Result<void> erase_mended(const PackedWork& work, const PackedTree::Commit& commit) {
  const std::vector<MendedRow>& mended = work.publisher.mended_rows();
  const auto is_placed = [&](const MendedRow& row) {
    const auto [tenant, country] = work.groups.name(row.group);
    return std::ranges::none_of(commit.unplaced, [&](const PackedTree::Unplaced& group) {
      return group.tenant == tenant && group.country == packed_country(country);
    });
  };
  if (mended.empty() || !std::ranges::all_of(work.plan.jobs, is_read_whole)) return {};
  if (Result<void> begun = work.index.begin(); !begun) return begun;
  Result<void> done;
  for (const MendedRow& row : mended) {
    if (done && is_placed(row)) done = work.index.erase_reject(row.key);
  }
  if (done) done = work.index.commit();
  if (!done) work.index.rollback();
  return done;
}

void withdraw_all(const PackedWork& work, const Error& error) {
  work.groups.withdraw([](const std::string&) { return false; });
  for (Job& job : work.plan.jobs) {
    // One without rows has nothing that could be missing.
    if (job.rows.load() > 0 || !is_read_whole(job)) job.withdraw(error);
  }
}

void withdraw_broken(const PackedWork& work, const PackedTree::IsPublished& is_published) {
  work.groups.withdraw(is_published);
  for (Job& job : work.plan.jobs) {
    const std::optional<Error> error = job.error();
    if (job.window && error && !is_read_whole(job)) job.withdraw(*error);
  }
}

/// Whose watermark waits for the group.
Job& job_of_tenant(ExportPlan& plan, const std::string& tenant) {
  const auto own = std::ranges::find_if(
      plan.jobs, [&](const Job& job) { return job.window.has_value() && job.tenant == tenant; });
  return own == plan.jobs.end() ? plan.jobs.back() : *own;
}

void withdraw_unplaced(const PackedWork& work, PackedTree::Commit& commit) {
  for (const PackedTree::Unplaced& group : commit.unplaced) {
    const std::uint64_t rows =
        work.groups.withdraw_group(group.tenant, group.country, group.error.what);
    Error error =
        Error(group.error)
            .within({"group {0} / {1}: {2} {3} not exported", "分组 {0} / {1}：{2} 行未导出"},
                    printable(group.tenant), printable(group.country), rows,
                    plural(rows, "row is", "rows are"));
    Job& job = job_of_tenant(work.plan, group.tenant);
    // Some of them may be another job's: rejects that were read again.
    job.failed += std::min(rows, job.exported());
    job.fail_with(error);
    if (commit.failures.size() < StaleFiles::failures_max) {
      commit.failures.push_back(std::move(error));
    }
  }
}

}  // namespace

PackedEnd end_packed(const PackedWork& work) {
  PackedEnd end;
  std::optional<Error> broken = work.publisher.failure();
  if (work.options.mode == Mode::full) {
    for (const Job& job : work.plan.jobs) {
      if (!broken && !is_read_whole(job)) broken = job.error();
    }
  }
  if (broken) {
    withdraw_all(work, *broken);
    return end;
  }
  const JobOf job_of = jobs_by_tenant(work.plan);
  const auto is_published = [&job_of](const std::string& tenant) {
    const auto job = job_of.find(tenant);
    return job == job_of.end() || is_read_whole(*job->second);
  };
  if (Result<void> done = publish(work, job_of, is_published, end); !done) {
    withdraw_all(work, done.error());
    end.failure = std::move(done.error());
    return end;
  }
  end.published = true;
  // The parts are in the tree; a list that cannot be written is tried again by the next run.
  if (Result<void> erased = erase_mended(work, end.commit); !erased) {
    end.commit.failures.push_back(std::move(erased.error()));
  }
  // What has no place says the same of its manifest.
  if (end.damage && end.commit.unplaced.empty()) end.commit.failures.push_back(*end.damage);
  withdraw_unplaced(work, end.commit);
  withdraw_broken(work, is_published);
  return end;
}

}  // namespace tidemark::exporter
