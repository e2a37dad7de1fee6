#include "export/tree_index.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/check.h"
#include "export/index_aside.h"
#include "export/index_schema.h"
#include "export/tree_lock.h"

namespace tidemark::exporter {
namespace {

Error no_such_file(std::int64_t id) {
  return make_error(
      ErrorKind::corrupt,
      {"index of the export tree: there is no file {}", "导出目录的索引：没有文件 {}"}, id);
}

constexpr std::size_t files_at_once = 32;
/// A run has the index in one piece again within milliseconds, unless it is about to end another.
constexpr std::chrono::milliseconds pause_between_attempts{20};

bool is_at_work(const std::string& directory) {
  const std::optional<TreeLock::Owner> owner = TreeLock::owner(directory);
  return owner && owner->alive;
}

std::string insert_files(std::size_t rows) {
  return fmt::format(
      "INSERT INTO file(id, key, stem, compression, hash, size, mtime, run, adopted) "
      "VALUES {} ON CONFLICT(key) DO NOTHING",
      parameters(rows, 9));
}

}  // namespace

std::string TreeIndex::path_in(const std::string& directory) {
  return fmt::format("{}/{}", directory, file_name);
}

Result<TreeIndex> TreeIndex::open(const std::string& directory, IndexDb::Mode mode) {
  // Even to read, SQLite writes beside a database with a write-ahead log.
  if (mode == IndexDb::Mode::read_only && ::access(directory.c_str(), W_OK) != 0) {
    mode = IndexDb::Mode::untouched;
  }
  const bool past_locks = mode == IndexDb::Mode::untouched || mode == IndexDb::Mode::scratch;
  const std::string path = path_in(directory);
  Result<TreeIndex> index = fail(being_written(directory));
  for (int attempt = 1;; ++attempt) {
    const IndexStamp before = IndexStamp::of(path);
    index = open_as_it_is(directory, mode);
    if (!past_locks) break;
    const bool undisturbed = IndexStamp::of(path).proves(before);
    if (index && undisturbed) {
      if (mode == IndexDb::Mode::untouched) index->opened_ = before;
      return index;
    }
    // Its log comes and goes as a run begins and ends, and not all of it at once.
    if (undisturbed && (attempt == attempts_max || !is_at_work(directory))) break;
    if (attempt == attempts_max) return fail(being_written(directory));
    std::this_thread::sleep_for(pause_between_attempts);
  }
  if (index || index.error().kind != ErrorKind::corrupt) return index;
  return fail(
      std::move(index.error())
          .with_hint({"the index is damaged; the next export puts it aside and builds it "
                      "anew from tree and database, and nothing is lost",
                      "索引已损坏；下一次导出会移开它，并根据目录和数据库重建，不会丢失数据"}));
}

Error TreeIndex::being_written(const std::string& directory) {
  const std::optional<TreeLock::Owner> owner = TreeLock::owner(directory);
  return make_error(ErrorKind::locked,
                    {"the index is being written by a run ({})", "索引正在被一次运行写入（{}）"},
                    owner ? owner->text : path_in(directory))
      .with_hint({"try again in a moment; with the right to write beside it, nobody would have to "
                  "wait",
                  "请稍后重试；若对其所在目录有写权限，则无需等待"});
}

bool TreeIndex::is_as_opened(const std::string& directory) const {
  return !opened_ || IndexStamp::of(path_in(directory)).proves(*opened_);
}

Result<TreeIndex> TreeIndex::empty() {
  Result<IndexDb> db = IndexDb::open({}, IndexDb::Mode::scratch);
  if (!db) return fail(std::move(db));
  TreeIndex index(std::move(*db));
  index.fresh_ = true;
  if (Result<void> made = index_schema::create(index.db_); !made) return fail(made.error());
  if (Result<void> prepared = index.prepare(); !prepared) return fail(std::move(prepared.error()));
  if (Result<void> loaded = index.load(); !loaded) return fail(std::move(loaded.error()));
  return index;
}

Result<TreeIndex> TreeIndex::open_as_it_is(const std::string& directory, IndexDb::Mode mode) {
  const std::string path = path_in(directory);
  if (mode == IndexDb::Mode::read_write) {
    if (Result<void> finished = finish_putting_aside(path); !finished) {
      return fail(std::move(finished.error()));
    }
  }
  Result<IndexDb> db = IndexDb::open(path, mode);
  if (!db) return fail(std::move(db));
  TreeIndex index(std::move(*db));
  const bool copies = mode == IndexDb::Mode::scratch && std::filesystem::exists(path);
  const Result<int> version = copies ? index.copy_from(path) : index_schema::found(index.db_);
  if (!version) return std::unexpected(version.error());
  const bool writes = mode == IndexDb::Mode::read_write || mode == IndexDb::Mode::scratch;
  if (*version == 0) {
    index.fresh_ = true;
    if (Result<void> made = index_schema::create(index.db_); !made) return fail(made.error());
  } else if (!copies && *version < index_schema::version) {
    // Only to be read: a copy can be brought up to date.
    if (!writes) return open_as_it_is(directory, IndexDb::Mode::scratch);
    if (Result<void> done = index_schema::upgrade(index.db_, *version); !done) {
      return fail(std::move(done.error()));
    }
  }
  if (Result<void> prepared = index.prepare(); !prepared) return fail(std::move(prepared.error()));
  if (Result<void> loaded = index.load(); !loaded) return fail(std::move(loaded.error()));
  return index;
}

Result<int> TreeIndex::copy_from(const std::string& path) {
  Result<IndexStatement> attach = db_.prepare("ATTACH ? AS tree");
  if (!attach) return fail(std::move(attach.error()));
  const std::string uri = IndexDb::untouched_uri(path);
  if (Result<void> attached = attach->reset().bind_text(uri).run(); !attached) {
    return fail(std::move(attached.error()));
  }
  attach->reset();
  const Result<int> version = index_schema::found(db_, "tree");
  if (!version) return version;
  if (*version > 0) {
    if (Result<void> made = index_schema::create(db_); !made) return fail(made.error());
    if (Result<void> copied = index_schema::copy(db_, "tree", *version); !copied) {
      return fail(std::move(copied.error()));
    }
  }
  if (Result<void> detached = db_.run("DETACH tree"); !detached) return fail(detached.error());
  return version;
}

Result<void> TreeIndex::prepare() {
  const std::pair<IndexStatement*, std::string> statements[] = {
      {&find_, select_file("key")},
      {&stem_, "SELECT stem FROM file WHERE id = ?"},
      {&by_id_, select_owner("id")},
      {&insert_, insert_files(1)},
      {&insert_many_, insert_files(files_at_once)},
      {&update_,
       "UPDATE file SET stem=?, compression=?, hash=?, size=?, mtime=?, adopted=? "
       "WHERE id=?"},
      {&erase_, "DELETE FROM file WHERE id=?"},
      {&put_reject_,
       "INSERT INTO reject(key, tenant, country, number, reason, hash, first_seen, last_seen) "
       "VALUES(?1,?2,?3,?4,?5,?6,?7,?7) ON CONFLICT(key) DO UPDATE SET tenant=?2, country=?3, "
       "number=?4, accepted=(accepted AND hash=?6 AND reason=?5), reason=?5, hash=?6, "
       "last_seen=?7"},
      {&erase_reject_, "DELETE FROM reject WHERE key=?"},
      {&add_removal_, "INSERT INTO removal VALUES(?,?) ON CONFLICT DO NOTHING"},
  };
  for (const auto& [target, sql] : statements) {
    Result<IndexStatement> statement = db_.prepare(sql);
    if (!statement) return fail(std::move(statement.error()));
    *target = std::move(*statement);
  }
  return names_.prepare(db_);
}

Result<void> TreeIndex::load() {
  if (Result<void> loaded = names_.load(db_); !loaded) return loaded;
  const Result<std::int64_t> largest = max_id();
  if (!largest) return std::unexpected(largest.error());
  last_id_ = std::max(*largest, names_.settled());
  rolled_back_ = false;
  return {};
}

Result<void> TreeIndex::begin() {
  if (rolled_back_) {
    if (Result<void> loaded = load(); !loaded) return loaded;
  }
  return db_.run("BEGIN IMMEDIATE");
}

Result<void> TreeIndex::commit() {
  if (names_.is_full()) {
    if (Result<void> settled = settle_names(); !settled) return settled;
  }
  return db_.run("COMMIT");
}

void TreeIndex::rollback() {
  static_cast<void>(db_.run("ROLLBACK"));
  rolled_back_ = true;
}

bool TreeIndex::is_damaged() {
  Result<IndexStatement> check = db_.prepare("PRAGMA quick_check(1)");
  if (!check) return true;
  const Result<bool> row = check->step();
  return !row || !*row || check->bytes(0) != "ok";
}

Result<std::optional<TreeFile>> TreeIndex::find(const Key& key) { return find_file(find_, key); }

Result<std::optional<NameOwner>> TreeIndex::owner_of(std::int64_t hash) {
  const Result<std::optional<std::int64_t>> id = names_.owner(hash);
  if (!id) return std::unexpected(id.error());
  if (!*id) return std::nullopt;
  Result<std::optional<NameOwner>> owner = by_id(**id);
  if (owner && !*owner) return fail(no_such_file(**id));
  return owner;
}

Result<std::optional<NameOwner>> TreeIndex::by_id(std::int64_t id) {
  return find_owner(by_id_, id);
}

Result<bool> TreeIndex::insert(const Key& key, const TreeFile& file) {
  NewFile entered{.key = key,
                  .path = file.path,
                  .hash = file.hash,
                  .size = file.size,
                  .mtime = file.mtime,
                  .adopted = file.adopted};
  if (Result<void> done = insert_all(std::span(&entered, 1), file.run); !done) {
    return fail(std::move(done.error()));
  }
  return entered.id != 0;
}

Result<void> TreeIndex::insert_all(std::span<NewFile> files, std::int64_t run) {
  std::vector<NewFile*> named;
  named.reserve(files_at_once);
  for (NewFile& file : files) {
    const Result<bool> taken = names_.take(name_hash(file.path.stem), last_id_ + 1);
    if (!taken) return std::unexpected(taken.error());
    if (!*taken) continue;
    file.id = ++last_id_;
    named.push_back(&file);
    if (named.size() < files_at_once) continue;
    if (Result<void> entered = enter(named, run); !entered) return entered;
    named.clear();
  }
  for (NewFile* const& file : named) {
    if (Result<void> entered = enter(std::span(&file, 1), run); !entered) return entered;
  }
  return {};
}

Result<void> TreeIndex::enter(std::span<NewFile* const> files, std::int64_t run) {
  check(files.size() == 1 || files.size() == files_at_once, "a statement for so many files");
  IndexStatement& insert = files.size() == 1 ? insert_ : insert_many_;
  insert.reset();
  for (const NewFile* file : files) {
    insert.bind(file->id)
        .bind_key(file->key)
        .bind_text(file->path.stem)
        .bind(static_cast<int>(file->path.compression))
        .bind_blob(file->hash.view())
        .bind(static_cast<std::int64_t>(file->size))
        .bind(file->mtime)
        .bind(run)
        .bind(file->adopted ? 1 : 0);
  }
  if (Result<void> done = insert.run(); !done) return done;
  if (std::cmp_equal(db_.changes(), files.size())) return {};
  // A key that is there already: the others came in.
  for (NewFile* const file : files) {
    const Result<bool> there = stem_.reset().bind(file->id).step();
    if (!there) return std::unexpected(there.error());
    stem_.reset();
    if (*there) continue;
    if (Result<void> freed = names_.remove(name_hash(file->path.stem)); !freed) return freed;
    file->id = 0;
  }
  return {};
}

Result<std::int64_t> TreeIndex::name_of(std::int64_t id) {
  const Result<bool> row = stem_.reset().bind(id).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return fail(no_such_file(id));
  const std::int64_t hash = name_hash(stem_.bytes(0));
  stem_.reset();
  return hash;
}

Result<void> TreeIndex::update(const TreeFile& file) {
  const Result<std::int64_t> before = name_of(file.id);
  if (!before) return std::unexpected(before.error());
  if (const std::int64_t hash = name_hash(file.path.stem); hash != *before) {
    if (Result<void> removed = names_.remove(*before); !removed) return removed;
    if (Result<void> added = names_.add(hash, file.id); !added) return added;
  }
  return update_.reset()
      .bind_text(file.path.stem)
      .bind(static_cast<int>(file.path.compression))
      .bind_blob(file.hash.view())
      .bind(static_cast<std::int64_t>(file.size))
      .bind(file.mtime)
      .bind(file.adopted ? 1 : 0)
      .bind(file.id)
      .run();
}

Result<void> TreeIndex::erase(std::int64_t id) {
  const Result<std::int64_t> name = name_of(id);
  if (!name) return std::unexpected(name.error());
  if (Result<void> removed = names_.remove(*name); !removed) return removed;
  return erase_.reset().bind(id).run();
}

Result<std::int64_t> TreeIndex::count() { return db_.one_number("SELECT COUNT(*) FROM file"); }
Result<std::int64_t> TreeIndex::max_id() { return db_.one_number("SELECT MAX(id) FROM file"); }

Result<void> TreeIndex::for_each(
    const std::function<Result<void>(const Key&, const TreeFile&)>& visit) {
  Result<IndexStatement> all = db_.prepare(select_owners());
  if (!all) return fail(std::move(all.error()));
  while (true) {
    const Result<bool> row = all->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    const NameOwner row_at = read_owner(*all);
    if (Result<void> visited = visit(row_at.key, row_at.file); !visited) return visited;
  }
}

}  // namespace tidemark::exporter
