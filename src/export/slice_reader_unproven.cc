// How a slice is read where the database does not keep two rows from having one key.

#include <algorithm>

#include "export/key_notes.h"
#include "export/slice_reader.h"
#include "sql/rows.h"

namespace tidemark::exporter {

Result<void> SliceReader::read_unproven(SliceTask& task, Chunk& chunk) {
  Result<void> read = read_rows(task, chunk);
  if (!read && ended_early_) {
    // The rest would begin behind rows that nobody has read.
    begin_again(chunk);
    ignores_bytes_ = true;
    read = read_rows(task, chunk);
  }
  if (!read) return read;
  Result<std::set<Key>> found = find_doubled(task);
  if (!found) return fail(std::move(found.error()));
  if (found->empty()) return {};
  task.job->fail_with(doubled_key(table_, *found->begin(), found->size() - 1));
  // Only now is it known of the first of their rows as well.
  doubled_ = std::move(*found);
  begin_again(chunk);
  ignores_bytes_ = true;  // Its end stands.
  return read_rows(task, chunk);
}

void SliceReader::begin_again(Chunk& chunk) {
  take_back_shown();
  sink_->discard(chunk);
  chunk = Chunk{.job = chunk.job};
}

Result<std::set<Key>> SliceReader::find_doubled(const SliceTask& task) {
  std::set<Key> doubled;
  if (table_.holds_whole_keys(task.slice)) {
    for (const auto& [key, met] : met_) {
      if (met.differ) doubled.insert(key);
    }
    return doubled;
  }
  // The others may be in another window, or another tenant's.
  std::vector<Key> keys;
  for (const auto& [key, met] : met_) keys.push_back(key);
  std::map<Key, std::uint64_t> found;
  if (Result<void> counted = count_rows_with(keys, false, found); !counted) {
    return fail(std::move(counted.error()));
  }
  std::vector<Key> suspects;
  for (const Key& key : keys) {
    const auto known = found.find(key);
    if (known == found.end()) {
      task.job->fail_with(key_not_found(table_, key));
    } else if (known->second > 1) {
      suspects.push_back(key);
    }
  }
  found.clear();
  if (Result<void> counted = count_rows_with(suspects, true, found); !counted) {
    return fail(std::move(counted.error()));
  }
  for (const auto& [key, rows] : found) {
    const Met& met = met_[key];
    if (met.differ || rows > met.rows) doubled.insert(key);
  }
  return doubled;
}

Result<void> SliceReader::count_rows_with(std::span<const Key> keys, bool exactly,
                                          std::map<Key, std::uint64_t>& rows) {
  while (!keys.empty()) {
    const std::span<const Key> some =
        keys.first(std::min(table_.keys_per_statement(), keys.size()));
    keys = keys.subspan(some.size());
    const Statement query = table_.rows_with(some, exactly);
    Result<void> counted =
        sql::each_row(connection_->query(query.sql, query.params),
                      [&](const sql::Cursor& row) { ++rows[key_from(row, table_, 0)]; });
    if (!counted) return counted;
  }
  return {};
}

void SliceReader::meet(const SourceRow& row, const ContentHash& hash) {
  // What makes the file: its name and its content.
  std::string name;
  for (const std::string_view part : {row.tenant, row.country, row.date, row.number}) {
    name.append(part).push_back('\0');
  }
  const auto seen = std::pair(content_hash(name), hash);
  Met& met = met_[row.key];
  if (met.rows++ == 0) met.first = seen;
  met.differ = met.differ || met.first != seen;
}

Result<bool> SliceReader::is_others(const SourceRow& row, const ContentHash& hash) {
  if (!doubled_.contains(row.key)) return false;
  if (taken_.contains(row.key)) return true;
  const Result<bool> other = sink_->holds_another(row, hash);
  if (other && !*other) taken_.insert(row.key);
  return other;
}

}  // namespace tidemark::exporter
