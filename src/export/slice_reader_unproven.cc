// How a slice is read where the database does not keep two rows from having one key.

#include <algorithm>

#include "export/each_row_of.h"
#include "export/key_notes.h"
#include "export/slice_reader.h"

namespace tidemark::exporter {
namespace {

/// A key of more rows (a constant, say) is met once in a run: else each chunk would read them all.
constexpr std::uint64_t rows_met_again_max = 256;

}  // namespace

Result<void> SliceReader::read_unproven(SliceTask& task, Chunk& chunk) {
  Result<void> read = read_rows(task, chunk);
  if (!read && ended_early_) {
    // The rest would begin behind rows that nobody has read.
    begin_again(chunk);
    ignores_bytes_ = true;
    read = read_rows(task, chunk);
  }
  if (!read) return read;
  Result<std::map<Key, DoubledKey>> found = find_doubled(task);
  if (!found) return fail(std::move(found.error()));
  if (found->empty()) return {};
  judge(task, *found);
  // Only now is it known of the first of their rows as well.
  doubled_ = std::move(*found);
  begin_again(chunk);
  ignores_bytes_ = true;  // Its end stands.
  read = read_rows(task, chunk);
  if (read) list_doubled(task, chunk);
  return read;
}

void SliceReader::begin_again(Chunk& chunk) {
  take_back_shown();
  sink_->discard(chunk);
  chunk = Chunk{.job = chunk.job};
}

Result<std::map<Key, DoubledKey>> SliceReader::find_doubled(const SliceTask& task) {
  if (!table_.holds_whole_keys(task.slice)) {
    // The others may be in another window, or another tenant's.
    const Result<std::map<Key, std::uint64_t>> elsewhere = find_rows_elsewhere(task);
    if (!elsewhere) return fail(elsewhere.error());
    if (Result<void> met = meet_all_rows_of(*elsewhere, *task.job); !met) {
      return fail(std::move(met.error()));
    }
  }
  std::map<Key, DoubledKey> doubled;
  for (const auto& [key, rows] : met_) {
    if (const auto known = crowded_.find(key); known != crowded_.end()) {
      doubled.insert(*known);
    } else if (rows.differ()) {
      const auto& [_, decided] = *doubled.emplace(key, rows.decided()).first;
      if (rows.count() > rows_met_again_max) crowded_.emplace(key, decided);
    }
  }
  return doubled;
}

Result<std::map<Key, std::uint64_t>> SliceReader::find_rows_elsewhere(const SliceTask& task) {
  std::vector<Key> keys;
  for (const auto& [key, rows] : met_) {
    if (!crowded_.contains(key)) keys.push_back(key);
  }
  if (keys.empty()) return {};
  Result<std::optional<std::vector<Key>>> doubled = options_.census->doubled(*connection_, keys);
  if (!doubled) return fail(std::move(doubled.error()));
  if (*doubled) {
    // As of an earlier snapshot: some may have gone since. Those that stand in the rows that were
    // met alone are met again.
    std::map<Key, std::uint64_t> elsewhere;
    for (Key& key : **doubled) elsewhere.emplace(std::move(key), 1);
    return elsewhere;
  }
  const SteadyTime begin = options_.census->now();
  std::map<Key, std::uint64_t> found;
  if (Result<void> counted = count_rows_with(keys, false, found); !counted) {
    return fail(std::move(counted.error()));
  }
  options_.census->asked_since(begin);
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
  std::erase_if(found, [this](const auto& key) {
    const auto met = met_.find(key.first);
    return met == met_.end() || key.second <= met->second.count();
  });
  return found;
}

Result<void> SliceReader::meet_all_rows_of(const std::map<Key, std::uint64_t>& wanted, Job& job) {
  std::vector<Key> keys;
  std::map<Key, RowsOfKey> before;
  for (const auto& [key, rows] : wanted) {
    keys.push_back(key);
    before.insert(met_.extract(key));
  }
  Result<void> read = each_row_of(
      keys, table_, *connection_,
      [this](std::span<const Key> some) { return table_.whole_rows_with(some); },
      [&](const sql::Cursor& cursor) -> Result<void> {
        const std::optional<SourceRow> row = row_at(cursor);
        // Keys that the column's collation takes for the same are others.
        if (!row || !wanted.contains(row->key)) return {};
        const ContentHash hash = content_hash(row->payload);
        const Result<std::optional<JsonFault>> fault = fault_of(*row, hash);
        if (!fault) return std::unexpected(fault.error());
        return meet(*row, hash, !*fault);
      });
  if (!read) return read;
  // In one snapshot all come back, or the key does not find them by its own text.
  for (auto& [key, rows] : before) {
    if (met_[key].count() >= std::max(rows.count(), wanted.at(key))) continue;
    job.fail_with(key_not_found(table_, key));
    met_[key] = std::move(rows);
  }
  return {};
}

void SliceReader::judge(SliceTask& task, std::map<Key, DoubledKey>& doubled) const {
  const Key* first = nullptr;
  std::size_t open = 0;
  for (auto& [key, rows] : doubled) {
    const auto listed = options_.listed_doubled.find(key);
    const bool is_listed =
        listed != options_.listed_doubled.end() && listed->second.hash == rows.hash;
    // Nothing tells which of the rows a packed tree has: there none can stay as it is.
    rows.is_accepted = is_listed && listed->second.accepted && sink_->uses_hashes();
    if (rows.is_accepted) continue;
    if (open++ == 0) first = &key;
  }
  if (first != nullptr) {
    task.job->fail_with(doubled_key(table_, *first, open - 1, sink_->uses_hashes()));
  }
}

void SliceReader::list_doubled(const SliceTask& task, Chunk& chunk) const {
  std::ranges::sort(chunk.kept_here);
  for (const auto& [key, rows] : doubled_) {
    const RowLook& row = rows.left_out;
    chunk.rejects.push_back({.key = key,
                             .tenant = row.tenant,
                             .country = row.country,
                             .number = row.number,
                             .reason = std::string(doubled_key_reason),
                             .hash = rows.hash});
    // No window may ever hold the other row.
    if (task.slice.window && rows.awaits_file &&
        !std::ranges::binary_search(chunk.kept_here, key)) {
      chunk.kept_elsewhere.push_back(key);
    }
  }
}

Result<void> SliceReader::count_rows_with(std::span<const Key> keys, bool exactly,
                                          std::map<Key, std::uint64_t>& rows) {
  return each_row_of(
      keys, table_, *connection_,
      [&](std::span<const Key> some) { return table_.rows_with(some, exactly); },
      [&](const sql::Cursor& row) { ++rows[key_from(row, table_, 0)]; });
}

Result<void> SliceReader::meet(const SourceRow& row, const ContentHash& hash, bool is_good) {
  const Result<Held> held = sink_->held(row, hash);
  if (!held) return std::unexpected(held.error());
  met_[row.key].add({.look = RowLook::of(row, hash),
                     .held = *held,
                     .is_read = table_.takes(row.tenant, row.country),
                     .is_good = is_good});
  return {};
}

}  // namespace tidemark::exporter
