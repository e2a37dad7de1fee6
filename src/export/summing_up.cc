#include "export/summing_up.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/shell_word.h"
#include "export/filter_notes.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t errors_max = 20;
constexpr std::uint64_t notes_ahead_max = 20;

/// Which groups are known to be complete: by their tenant's job where each has one, else by that of
/// the whole table, whose ranges of keys cut through all groups.
class Completeness {
 public:
  explicit Completeness(const std::deque<Job>& jobs) {
    for (const Job& job : jobs) {
      by_tenant_ = by_tenant_ || job.window.has_value();
      if (job.is_whole()) continue;
      if (job.window) {
        broken_.insert(job.tenant);
      } else {
        table_broken_ = true;
      }
    }
  }
  [[nodiscard]] bool of(const GroupCount& group) const {
    if (group.failed > 0) return false;
    return by_tenant_ ? !broken_.contains(group.tenant) : !table_broken_;
  }

 private:
  std::set<std::string> broken_;
  bool table_broken_ = false;
  bool by_tenant_ = false;
};

void add_groups(const std::vector<GroupCount>& groups, const Completeness& complete,
                ExportSummary& summary) {
  for (const GroupCount& group : groups) {
    ++summary.groups_total;
    complete.of(group) ? ++summary.groups_ok : ++summary.groups_failed;
    summary.rows_read += group.rows;
    summary.rows_written += group.written;
    summary.files_unchanged += group.unchanged;
    summary.rejected += group.rejected;
    summary.files_failed += group.failed;
    // Without an error of its own it shares that of the run.
    if (!group.error.empty()) summary.failed_groups.push_back(group);
  }
}

void check_accounts(ExportSummary& summary) {
  const std::uint64_t accounted =
      summary.rows_written + summary.files_unchanged + summary.rejected + summary.files_failed;
  if (accounted == summary.rows_read) return;
  summary.errors.push_back(make_error(
      ErrorKind::corrupt,
      {"{} rows were read, but {} are accounted for (written, unchanged, rejected, failed)",
       "读到 {} 行，但只有 {} 行有去向（写入、未变化、拒收、失败）"},
      summary.rows_read, accounted));
}

void add_error(const Error& error, ExportSummary& summary) {
  const auto is_same = [&](const Error& other) { return other.what.en == error.what.en; };
  if (summary.errors.size() < errors_max && std::ranges::none_of(summary.errors, is_same)) {
    summary.errors.push_back(error);
  }
}

/// In a full run; an incremental one may just have no news.
void note_unmet_names(const std::vector<GroupCount>& groups, ExportSummary& summary) {
  const ExportOptions& options = summary.options;
  const bool all_seen = options.mode == Mode::full && !options.limit && summary.stopped_by == 0 &&
                        summary.errors.empty();
  if (!all_seen) return;
  std::vector<std::string> tenants;
  for (const std::string& tenant : std::set(options.tenants.begin(), options.tenants.end())) {
    if (std::ranges::find(groups, tenant, &GroupCount::tenant) == groups.end()) {
      tenants.push_back(tenant);
    }
  }
  const auto is_of = [](const std::string& country) {
    return [&](const GroupCount& group) {
      return group.country == country || (group.country.empty() && country == unknown_country);
    };
  };
  std::vector<std::string> countries;
  for (const std::string& country : std::set(options.countries.begin(), options.countries.end())) {
    if (std::ranges::none_of(groups, is_of(country))) countries.push_back(country);
  }
  if (options.countries.empty()) {
    std::ranges::transform(tenants, std::back_inserter(summary.notes), no_rows_of_tenant);
  } else if (options.tenants.empty()) {
    std::ranges::transform(countries, std::back_inserter(summary.notes), no_rows_of_country);
  } else if (!tenants.empty() || !countries.empty()) {
    summary.notes.push_back(no_rows_of_both(tenants.empty() ? options.tenants : tenants,
                                            countries.empty() ? options.countries : countries));
  }
}

/// A watermark that somebody mistyped; after a clock that was set back, windows begin earlier than
/// their watermarks (SetBack). --since is meant as it is.
bool is_ahead(const Job& job, const ExportSummary& summary) {
  const CivilTime after = job.window->after;
  const std::optional<CivilTime>& since = summary.options.since;
  return summary.boundary && after > summary.boundary->now && (!since || after > *since);
}

Message ahead_note(const Job& job, const ExportSummary& summary) {
  // Where summer time ends, the clock itself goes back by an hour.
  constexpr std::chrono::hours clock_goes_back_max{2};
  const CivilTime now = summary.boundary->now;
  Message note = say({"the watermark of tenant {} lies in the future ({}; the database has {}): "
                      "nothing of it is exported until then",
                      "租户 {} 的水位在未来（{}；数据库时间为 {}）：到那时之前不会导出其任何数据"},
                     printable(job.tenant), job.window->after.text(), now.text());
  if (job.window->after - clock_goes_back_max <= now) return note;
  const Message mend = say({"; to read it anew: tidemark export state reset -o {} {}",
                            "；如需重新读取：tidemark export state reset -o {} {}"},
                           shell_quoted(summary.options.output), shell_quoted(job.tenant));
  note.en += mend.en;
  note.zh += mend.zh;
  return note;
}

TenantReport report_of(const Job& job, const ExportPlan& plan, const ExportOptions& options) {
  const std::optional<Error> error = job.error();
  TenantReport report{
      .tenant = job.tenant,
      .from = job.window->after,
      .to = error || job.window->empty() || options.limit || !options.countries.empty()
                ? job.window->after
                : job.window->upto,
      .records = job.exported(),
      .error = error};
  if (error) {
    report.status = watermark::TenantStatus::failed;
  } else if (plan.leaves_rejects(job)) {
    report.status = watermark::TenantStatus::partial;
  }
  return report;
}

}  // namespace

void sum_up(const GroupTable& groups, const Publisher& publisher, const ExportPlan& plan,
            ExportSummary& summary) {
  const std::vector<GroupCount> counted = groups.all();
  add_groups(counted, Completeness(plan.jobs), summary);
  check_accounts(summary);
  summary.findings = publisher.findings();
  const PublishCounts counts = publisher.counts();
  summary.files_written += counts.written;
  summary.files_removed += counts.removed;
  for (const Error& error : publisher.stale_files().failures) add_error(error, summary);
  summary.collisions = counts.collisions;
  summary.bytes_written += counts.bytes_written;

  std::set<std::string> tenants_with_rows;
  for (const GroupCount& group : counted) tenants_with_rows.insert(group.tenant);
  std::set<std::string> tenants = tenants_with_rows;
  for (const Job& job : plan.jobs) {
    const std::optional<Error> error = job.error();
    if (error) add_error(*error, summary);
    if (!job.window) continue;
    tenants.insert(job.tenant);
    if (!tenants_with_rows.contains(job.tenant)) {
      ++summary.groups_total;
      error ? ++summary.groups_failed : ++summary.groups_empty;
    }
    summary.tenants.push_back(report_of(job, plan, summary.options));
    if (is_ahead(job, summary)) {
      summary.tenants.back().status = watermark::TenantStatus::partial;
      if (++summary.tenants_ahead <= notes_ahead_max) {
        summary.notes.push_back(ahead_note(job, summary));
      }
    }
  }
  summary.tenants_total = tenants.size();
  note_unmet_names(counted, summary);
  if (summary.boundary && !summary.boundary->missing_grant.empty()) {
    summary.notes.push_back(
        say({"the user lacks {}: transactions of others cannot be seen, only the margin protects "
             "against late commits",
             "账号缺少 {} 权限：看不到其他会话的事务，只有安全边界能防止迟到的提交"},
            summary.boundary->missing_grant));
  }
}

}  // namespace tidemark::exporter
