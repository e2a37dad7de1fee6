#include "export/name_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "export/tree_file.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t names_at_once = 64;

std::string insert_names(std::size_t rows) {
  return fmt::format("INSERT INTO name(hash, file) VALUES {}", parameters(rows, 2));
}

}  // namespace

Result<void> NameTable::prepare(IndexDb& db) {
  for (const auto& [target, sql] :
       {std::pair(&find_, std::string("SELECT file FROM name WHERE hash = ?")),
        std::pair(&insert_, insert_names(1)), std::pair(&insert_many_, insert_names(names_at_once)),
        std::pair(&remove_, std::string("DELETE FROM name WHERE hash = ?"))}) {
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
  filter_.reset();

  Result<IndexStatement> later = db.prepare("SELECT id, stem FROM file WHERE id > ?");
  if (!later) return fail(std::move(later.error()));
  later->bind(settled_);
  while (true) {
    const Result<bool> row = later->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    waiting_.add(name_hash(later->bytes(1)), later->number(0));
  }
}

Result<std::optional<std::int64_t>> NameTable::owner(std::int64_t hash) {
  if (const std::optional<std::int64_t> id = waiting_.find(hash)) return id;
  return settled_owner(hash);
}

Result<std::optional<std::int64_t>> NameTable::settled_owner(std::int64_t hash) {
  if (settled_ == 0) return std::nullopt;  // Nothing is in the table.
  if (filter_ && !filter_->may_have(hash)) return std::nullopt;
  const Result<bool> row = find_.reset().bind(hash).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const std::int64_t id = find_.number(0);
  find_.reset();
  return id;
}

Result<bool> NameTable::take(std::int64_t hash, std::int64_t id) {
  if (!waiting_.add(hash, id)) return false;
  const Result<std::optional<std::int64_t>> owner = settled_owner(hash);
  if (owner && !*owner) return true;
  waiting_.remove(hash);
  if (!owner) return std::unexpected(owner.error());
  return false;
}

Result<void> NameTable::add(std::int64_t hash, std::int64_t id) {
  if (id <= settled_ && !waiting_.find(hash)) {
    if (filter_) filter_->add(hash);
    return insert_.reset().bind(hash).bind(id).run();
  }
  if (id > settled_ && waiting_.add(hash, id)) return {};
  return fail(ErrorKind::corrupt,
              {"index of the export tree: file {} has no name of its own",
               "导出目录的索引：文件 {} 没有自己的名字"},
              id);
}

Result<void> NameTable::remove(std::int64_t hash) {
  if (waiting_.remove(hash)) return {};
  return remove_.reset().bind(hash).run();
}

Result<void> NameTable::settle(IndexDb& db) {
  if (waiting_.size() == 0) return {};
  const std::vector<WaitingNames::Name> sorted = waiting_.sorted();
  if (settled_ == 0 && is_full()) filter_.emplace();  // There will be more.
  std::int64_t last = settled_;
  std::span<const WaitingNames::Name> left = sorted;
  while (!left.empty()) {
    const std::size_t rows = left.size() < names_at_once ? 1 : names_at_once;
    IndexStatement& insert = rows == 1 ? insert_ : insert_many_;
    insert.reset();
    for (const WaitingNames::Name& name : left.first(rows)) {
      insert.bind(name.hash).bind(name.id);
      if (filter_) filter_->add(name.hash);
      last = std::max(last, name.id);
    }
    if (Result<void> done = insert.run(); !done) return done;
    left = left.subspan(rows);
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
