#include "export/name_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "export/tree_file.h"

namespace tidemark::exporter {

Result<void> NameTable::prepare(IndexDb& db) {
  for (const auto& [target, sql] :
       {std::pair(&find_, "SELECT file FROM name WHERE hash = ?"),
        std::pair(&insert_, "INSERT INTO name(hash, file) VALUES(?, ?)"),
        std::pair(&remove_, "DELETE FROM name WHERE hash = ?")}) {
    Result<IndexStatement> statement = db.prepare(sql);
    if (!statement) return fail(std::move(statement.error()));
    *target = std::move(*statement);
  }
  return {};
}

Result<void> NameTable::load(IndexDb& db) {
  waiting_.clear();
  Result<IndexStatement> settled =
      db.prepare("SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'settled'");
  if (!settled) return fail(std::move(settled.error()));
  const Result<bool> known = settled->step();
  if (!known) return std::unexpected(known.error());
  settled_ = *known ? settled->number(0) : 0;

  Result<IndexStatement> later = db.prepare("SELECT id, stem FROM file WHERE id > ?");
  if (!later) return fail(std::move(later.error()));
  later->bind(settled_);
  while (true) {
    const Result<bool> row = later->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    waiting_.emplace(name_hash(later->bytes(1)), later->number(0));
  }
}

Result<std::optional<std::int64_t>> NameTable::owner(std::int64_t hash) {
  if (const auto found = waiting_.find(hash); found != waiting_.end()) return found->second;
  if (settled_ == 0) return std::nullopt;  // Nothing is in the table.
  const Result<bool> row = find_.reset().bind(hash).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const std::int64_t id = find_.number(0);
  find_.reset();
  return id;
}

Result<void> NameTable::add(std::int64_t hash, std::int64_t id) {
  if (id <= settled_ && !waiting_.contains(hash)) return insert_.reset().bind(hash).bind(id).run();
  if (id > settled_ && waiting_.try_emplace(hash, id).second) return {};
  return fail(ErrorKind::corrupt,
              {"index of the export tree: file {} has no name of its own",
               "导出目录的索引：文件 {} 没有自己的名字"},
              id);
}

Result<void> NameTable::remove(std::int64_t hash) {
  if (waiting_.erase(hash) > 0) return {};
  return remove_.reset().bind(hash).run();
}

Result<void> NameTable::settle(IndexDb& db) {
  if (waiting_.empty()) return {};
  std::vector<std::pair<std::int64_t, std::int64_t>> sorted(waiting_.begin(), waiting_.end());
  std::ranges::sort(sorted);
  std::int64_t last = settled_;
  for (const auto& [hash, id] : sorted) {
    if (Result<void> done = insert_.reset().bind(hash).bind(id).run(); !done) return done;
    last = std::max(last, id);
  }
  const std::string remember = fmt::format(
      "INSERT INTO meta VALUES('settled', '{0}') ON CONFLICT(name) DO UPDATE SET value = '{0}'",
      last);
  if (Result<void> done = db.run(remember.c_str()); !done) return done;
  settled_ = last;
  waiting_.clear();
  return {};
}

}  // namespace tidemark::exporter
