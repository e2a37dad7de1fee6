#include "export/key_census.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sql/rows.h"

namespace tidemark::exporter {

Result<std::optional<std::vector<Key>>> KeyCensus::doubled(sql::Connection& connection,
                                                           std::span<const Key> keys) {
  if (SteadyTime::duration(asking_.load()) <= asking_max) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!std::exchange(taken_, true)) {
    if (Result<void> taken = take(connection); !taken) return fail(std::move(taken.error()));
  }
  if (!doubled_) return std::nullopt;
  std::vector<Key> found;
  std::ranges::copy_if(keys, std::back_inserter(found),
                       [this](const Key& key) { return doubled_->contains(key); });
  return found;
}

void KeyCensus::asked_since(SteadyTime begin) { asking_ += (now() - begin).count(); }

Result<void> KeyCensus::take(sql::Connection& connection) {
  const Statement query = table_.doubled_keys(std::nullopt, keys_max_ + 1);
  std::set<Key> found;
  Result<void> read =
      sql::each_row(connection.query(query.sql, query.params),
                    [&](const sql::Cursor& row) { found.insert(key_from(row, table_, 0)); });
  if (!read) return read;
  if (found.size() <= keys_max_) doubled_ = std::move(found);
  return {};
}

}  // namespace tidemark::exporter
