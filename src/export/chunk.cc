#include "export/chunk.h"

namespace tidemark::exporter {

std::string_view name(SweepFinding finding) {
  switch (finding) {
    case SweepFinding::no_update_time:
      return "no_update_time";
    case SweepFinding::unmoved_update_time:
      return "unmoved_update_time";
    case SweepFinding::beyond_watermark:
      return "beyond_watermark";
    case SweepFinding::future_update_time:
      return "future_update_time";
    case SweepFinding::file_damaged:
      return "file_damaged";
  }
  return "unknown";
}

void SweepFindings::add(SweepFinding kind, const Key& key, const std::string& path) {
  ++counts[static_cast<std::size_t>(kind)];
  if (examples.size() < examples_max) examples.push_back({kind, key, path});
}

void SweepFindings::add(const SweepFindings& other) {
  for (std::size_t kind = 0; kind < counts.size(); ++kind) counts[kind] += other.counts[kind];
  for (const Example& example : other.examples) {
    if (examples.size() < examples_max) examples.push_back(example);
  }
}

std::size_t GroupTable::id(std::string_view tenant, std::string_view country) {
  const std::lock_guard lock(mutex_);
  const auto [entry, added] =
      ids_.try_emplace({std::string(tenant), std::string(country)}, groups_.size());
  if (added) groups_.push_back({.tenant = std::string(tenant), .country = std::string(country)});
  return entry->second;
}

std::pair<std::string, std::string> GroupTable::name(std::size_t group) const {
  const std::lock_guard lock(mutex_);
  return {groups_[group].tenant, groups_[group].country};
}

void GroupTable::add(std::size_t group, const GroupCount& counts) {
  const std::lock_guard lock(mutex_);
  GroupCount& total = groups_[group];
  total.rows += counts.rows;
  total.written += counts.written;
  total.unchanged += counts.unchanged;
  total.rejected += counts.rejected;
  total.failed += counts.failed;
  if (total.error.empty()) total.error = counts.error;
}

void GroupTable::withdraw(const std::function<bool(const std::string&)>& is_published) {
  const std::lock_guard lock(mutex_);
  for (GroupCount& group : groups_) {
    if (is_published(group.tenant)) continue;
    group.failed += std::exchange(group.written, 0);
  }
}

std::uint64_t GroupTable::withdraw_group(const std::string& tenant, const std::string& country,
                                         const Message& error) {
  const std::lock_guard lock(mutex_);
  std::uint64_t withdrawn = 0;
  for (GroupCount& group : groups_) {
    if (group.tenant != tenant) continue;
    if (group.country != country && !(group.country.empty() && country == unknown_country)) {
      continue;
    }
    withdrawn += group.written;
    group.failed += std::exchange(group.written, 0);
    if (group.error.empty()) group.error = error;
  }
  return withdrawn;
}

std::vector<GroupCount> GroupTable::all() const {
  const std::lock_guard lock(mutex_);
  return groups_;
}

std::size_t GroupTable::size() const {
  const std::lock_guard lock(mutex_);
  return groups_.size();
}

}  // namespace tidemark::exporter
