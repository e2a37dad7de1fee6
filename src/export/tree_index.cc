#include "export/tree_index.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/system_error.h"

namespace tidemark::exporter {
namespace {

constexpr const char* schema = R"(
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    key NOT NULL UNIQUE,              -- integer or text, as in the source
    stem TEXT NOT NULL,               -- path without extension, below the output folder
    compression INTEGER NOT NULL,     -- 0 none, 1 gzip, 2 zstd
    hash BLOB NOT NULL,               -- XXH3 128 of the payload
    size INTEGER NOT NULL,            -- bytes on disk
    mtime INTEGER NOT NULL,           -- of the file, in nanoseconds
    run INTEGER NOT NULL,             -- run that entered the row
    adopted INTEGER NOT NULL          -- 1: taken over from an older exporter
  );
  CREATE TABLE name (
    hash INTEGER PRIMARY KEY,         -- XXH3 64 of the case-folded stem
    file INTEGER NOT NULL             -- file.id
  );
  CREATE TABLE removal (path TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE reject (
    key PRIMARY KEY, tenant TEXT, country TEXT, number TEXT, reason TEXT NOT NULL,
    hash BLOB NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE tenant (name TEXT PRIMARY KEY, covered TEXT NOT NULL) WITHOUT ROWID;
)";

constexpr std::string_view file_columns = "id, stem, compression, hash, size, mtime, run, adopted";

/// Columns `first`… of a row as file_columns lists them.
TreeFile read_file_columns(const IndexStatement& row, int first) {
  return {.id = row.number(first),
          .path = {.stem = std::string(row.bytes(first + 1)),
                   .compression = static_cast<Compression>(row.number(first + 2))},
          .hash = content_hash_from(row.bytes(first + 3)),
          .size = static_cast<std::uint64_t>(row.number(first + 4)),
          .mtime = row.number(first + 5),
          .run = row.number(first + 6),
          .adopted = row.number(first + 7) != 0};
}

Result<std::optional<TreeFile>> find_file(IndexStatement& statement, const Key& key) {
  const Result<bool> row = statement.reset().bind_key(key).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  TreeFile file = read_file_columns(statement, 0);
  statement.reset();
  return file;
}

Result<std::optional<NameOwner>> find_owner(IndexStatement& statement, std::int64_t value) {
  const Result<bool> row = statement.reset().bind(value).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  NameOwner owner{
      .id = statement.number(1), .key = statement.key(0), .file = read_file_columns(statement, 1)};
  statement.reset();
  return owner;
}

Error no_such_file(std::int64_t id) {
  return make_error(
      ErrorKind::corrupt,
      {"index of the export tree: there is no file {}", "导出目录的索引：没有文件 {}"}, id);
}

Result<void> rename_if_there(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return fail_errno(errno, {"cannot put {} aside", "无法移开 {}"}, from);
}

Result<void> remove_if_there(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return fail_errno(errno, {"cannot remove {}", "无法删除 {}"}, path);
}

/// A WAL without its database: put_aside() was interrupted between the two.
Result<void> finish_putting_aside(const std::string& path) {
  std::error_code code;
  if (std::filesystem::exists(path, code) || code) return {};
  if (Result<void> moved = rename_if_there(path + "-wal", path + ".damaged-wal"); !moved) {
    return moved;
  }
  return remove_if_there(path + "-shm");
}

std::string select_file(std::string_view where) {
  return fmt::format("SELECT {} FROM file WHERE {} = ?", file_columns, where);
}

std::string select_owner(std::string_view where) {
  return fmt::format("SELECT key, {} FROM file WHERE {} = ?", file_columns, where);
}

}  // namespace

std::string TreeIndex::path_in(const std::string& directory) {
  return fmt::format("{}/{}", directory, file_name);
}

Result<TreeIndex> TreeIndex::open(const std::string& directory, IndexDb::Mode mode) {
  const std::string path = path_in(directory);
  if (mode == IndexDb::Mode::read_write) {
    if (Result<void> finished = finish_putting_aside(path); !finished) {
      return fail(std::move(finished.error()));
    }
  }
  Result<IndexDb> db = IndexDb::open(path, mode);
  if (!db) return fail(std::move(db));
  TreeIndex index(std::move(*db));
  if (mode == IndexDb::Mode::scratch && std::filesystem::exists(path)) {
    if (Result<void> copied = index.copy_from(path); !copied) {
      return fail(std::move(copied.error()));
    }
  } else if (Result<void> made = index.create_or_check(); !made) {
    return fail(std::move(made.error()));
  }
  if (Result<void> prepared = index.prepare(); !prepared) return fail(std::move(prepared.error()));
  if (Result<void> loaded = index.load(); !loaded) return fail(std::move(loaded.error()));
  return index;
}

Result<void> TreeIndex::put_aside(const std::string& directory) {
  const std::string path = path_in(directory);
  const std::string aside = path + ".damaged";
  // The WAL of one that was put aside before does not go with this one.
  for (const std::string& old : {aside + "-wal", aside + "-shm"}) {
    if (Result<void> removed = remove_if_there(old); !removed) return removed;
  }
  // The database first: without it nobody reads the rest, while it could be read without its WAL.
  for (const std::string_view suffix : {"", "-wal"}) {
    if (Result<void> moved =
            rename_if_there(path + std::string(suffix), aside + std::string(suffix));
        !moved) {
      return moved;
    }
  }
  // Made from the WAL whenever it is missing.
  if (Result<void> removed = remove_if_there(path + "-shm"); !removed) return removed;
  return sync_folder(directory);
}

Result<void> TreeIndex::copy_from(const std::string& path) {
  Result<IndexStatement> attach = db_.prepare("ATTACH ? AS tree");
  if (!attach) return fail(std::move(attach.error()));
  const std::string uri = IndexDb::untouched_uri(path);
  if (Result<void> attached = attach->reset().bind_text(uri).run(); !attached) return attached;
  attach->reset();
  const Result<bool> made = is_made("tree");
  if (!made) return std::unexpected(made.error());
  if (Result<void> created = create_or_check(); !created) return created;
  if (*made) {
    if (Result<void> copied = db_.run("DELETE FROM meta; INSERT INTO meta SELECT * FROM tree.meta;"
                                      "INSERT INTO file SELECT * FROM tree.file;"
                                      "INSERT INTO name SELECT * FROM tree.name;"
                                      "INSERT INTO removal SELECT * FROM tree.removal;"
                                      "INSERT INTO reject SELECT * FROM tree.reject;"
                                      "INSERT INTO tenant SELECT * FROM tree.tenant");
        !copied) {
      return copied;
    }
    fresh_ = false;
  }
  return db_.run("DETACH tree");
}

Result<bool> TreeIndex::is_made(std::string_view database) {
  Result<IndexStatement> version = db_.prepare(fmt::format("PRAGMA {}.user_version", database));
  if (!version) return fail(std::move(version.error()));
  const Result<bool> row = version->step();
  if (!row) return std::unexpected(row.error());
  const std::int64_t found = version->number(0);
  if (found == schema_version) return true;
  if (found == 0) return false;
  if (found < schema_version) {
    return fail(
        ErrorKind::corrupt,
        {"the index of the export tree has the older version {}", "导出目录的索引为旧版本 {}"},
        found);
  }
  return fail(make_error(ErrorKind::unsupported,
                         {"the index of the export tree has version {}, this program knows {}",
                          "导出目录的索引版本为 {}，本程序只认识 {}"},
                         found, schema_version)
                  .with_hint({"use a newer tidemark", "请使用更新版本的 tidemark"}));
}

Result<void> TreeIndex::create_or_check() {
  const Result<bool> made = is_made("main");
  if (!made) return std::unexpected(made.error());
  if (*made) return {};
  fresh_ = true;
  const std::string create =
      fmt::format("BEGIN IMMEDIATE;{};PRAGMA main.user_version={};COMMIT", schema, schema_version);
  return db_.run(create.c_str());
}

Result<void> TreeIndex::prepare() {
  const std::pair<IndexStatement*, std::string> statements[] = {
      {&find_, select_file("key")},
      {&stem_, "SELECT stem FROM file WHERE id = ?"},
      {&by_id_, select_owner("id")},
      {&insert_,
       "INSERT INTO file(id, key, stem, compression, hash, size, mtime, run, adopted) "
       "VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(key) DO NOTHING"},
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
      {&add_removal_, "INSERT INTO removal VALUES(?) ON CONFLICT DO NOTHING"},
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
  const std::int64_t hash = name_hash(file.path.stem);
  const Result<std::optional<std::int64_t>> taken = names_.owner(hash);
  if (!taken) return std::unexpected(taken.error());
  if (*taken) return false;
  const std::int64_t id = last_id_ + 1;
  Result<void> done = insert_.reset()
                          .bind(id)
                          .bind_key(key)
                          .bind_text(file.path.stem)
                          .bind(static_cast<int>(file.path.compression))
                          .bind_blob(file.hash.view())
                          .bind(static_cast<std::int64_t>(file.size))
                          .bind(file.mtime)
                          .bind(file.run)
                          .bind(file.adopted ? 1 : 0)
                          .run();
  if (!done) return fail(std::move(done.error()));
  if (db_.changes() != 1) return false;
  last_id_ = id;
  if (Result<void> added = names_.add(hash, id); !added) return fail(std::move(added.error()));
  return true;
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

namespace {

Result<std::int64_t> one_number(IndexDb& db, std::string_view sql) {
  Result<IndexStatement> statement = db.prepare(sql);
  if (!statement) return fail(std::move(statement));
  const Result<bool> row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->number(0) : 0;
}

}  // namespace

Result<std::int64_t> TreeIndex::count() { return one_number(db_, "SELECT COUNT(*) FROM file"); }
Result<std::int64_t> TreeIndex::max_id() { return one_number(db_, "SELECT MAX(id) FROM file"); }
Result<std::int64_t> TreeIndex::open_rejects() {
  return one_number(db_, "SELECT COUNT(*) FROM reject WHERE accepted = 0");
}

Result<void> TreeIndex::for_each(
    const std::function<Result<void>(const Key&, const TreeFile&)>& visit) {
  Result<IndexStatement> all =
      db_.prepare(fmt::format("SELECT key, {} FROM file ORDER BY id", file_columns));
  if (!all) return fail(std::move(all.error()));
  while (true) {
    const Result<bool> row = all->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (Result<void> visited = visit(all->key(0), read_file_columns(*all, 1)); !visited) {
      return visited;
    }
  }
}

Result<void> TreeIndex::add_removal(std::string_view path) {
  return add_removal_.reset().bind_text(path).run();
}

Result<std::vector<std::string>> TreeIndex::removals() {
  Result<IndexStatement> all = db_.prepare("SELECT path FROM removal");
  if (!all) return fail(std::move(all));
  std::vector<std::string> paths;
  while (true) {
    const Result<bool> row = all->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return paths;
    paths.emplace_back(all->bytes(0));
  }
}

Result<void> TreeIndex::clear_removals() { return db_.run("DELETE FROM removal"); }

Result<void> TreeIndex::put_reject(const Reject& reject) {
  return put_reject_.reset()
      .bind_key(reject.key)
      .bind_text(reject.tenant)
      .bind_text(reject.country)
      .bind_text(reject.number)
      .bind_text(reject.reason)
      .bind_blob(reject.hash.view())
      .bind_text(reject.last_seen)
      .run();
}

Result<void> TreeIndex::erase_reject(const Key& key) {
  return erase_reject_.reset().bind_key(key).run();
}

Result<std::vector<Reject>> TreeIndex::rejects() {
  Result<IndexStatement> all = db_.prepare(
      "SELECT key, tenant, country, number, reason, hash, first_seen, last_seen, accepted "
      "FROM reject ORDER BY key");
  if (!all) return fail(std::move(all));
  std::vector<Reject> rejects;
  while (true) {
    const Result<bool> row = all->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return rejects;
    rejects.push_back({.key = all->key(0),
                       .tenant = std::string(all->bytes(1)),
                       .country = std::string(all->bytes(2)),
                       .number = std::string(all->bytes(3)),
                       .reason = std::string(all->bytes(4)),
                       .hash = content_hash_from(all->bytes(5)),
                       .first_seen = std::string(all->bytes(6)),
                       .last_seen = std::string(all->bytes(7)),
                       .accepted = all->number(8) != 0});
  }
}

Result<std::int64_t> TreeIndex::accept_rejects(const std::optional<Key>& key) {
  Result<IndexStatement> accept =
      db_.prepare(key ? "UPDATE reject SET accepted=1 WHERE accepted=0 AND key=?"
                      : "UPDATE reject SET accepted=1 WHERE accepted=0");
  if (!accept) return fail(std::move(accept));
  if (key) accept->bind_key(*key);
  if (Result<void> done = accept->run(); !done) return fail(std::move(done.error()));
  return db_.changes();
}

Result<std::map<std::string, CivilTime, std::less<>>> TreeIndex::covered() {
  Result<IndexStatement> all = db_.prepare("SELECT name, covered FROM tenant");
  if (!all) return fail(std::move(all));
  std::map<std::string, CivilTime, std::less<>> tenants;
  while (true) {
    const Result<bool> row = all->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return tenants;
    const std::optional<CivilTime> upto = CivilTime::parse(all->bytes(1));
    if (upto) tenants.emplace(all->bytes(0), *upto);
  }
}

Result<void> TreeIndex::set_covered(std::string_view tenant, CivilTime upto) {
  Result<IndexStatement> set = db_.prepare(
      "INSERT INTO tenant VALUES(?,?) ON CONFLICT(name) DO UPDATE SET covered=excluded.covered");
  if (!set) return fail(std::move(set.error()));
  const std::string text = upto.text();
  return set->bind_text(tenant).bind_text(text).run();
}

Result<std::string> TreeIndex::meta(std::string_view name) {
  Result<IndexStatement> get = db_.prepare("SELECT value FROM meta WHERE name=?");
  if (!get) return fail(std::move(get));
  const Result<bool> row = get->bind_text(name).step();
  if (!row) return std::unexpected(row.error());
  return *row ? std::string(get->bytes(0)) : std::string();
}

Result<void> TreeIndex::set_meta(std::string_view name, std::string_view value) {
  Result<IndexStatement> set = db_.prepare(
      "INSERT INTO meta VALUES(?,?) ON CONFLICT(name) DO UPDATE SET value=excluded.value");
  if (!set) return fail(std::move(set.error()));
  return set->bind_text(name).bind_text(value).run();
}

Result<std::int64_t> TreeIndex::next_run() {
  const Result<std::string> last = meta("run");
  if (!last) return std::unexpected(last.error());
  std::int64_t run = 0;
  std::from_chars(last->data(), last->data() + last->size(), run);
  ++run;
  if (Result<void> set = set_meta("run", fmt::format("{}", run)); !set) {
    return fail(std::move(set.error()));
  }
  return run;
}

Result<IndexReader> IndexReader::open(const std::string& directory, IndexDb::Mode mode) {
  Result<IndexDb> db = IndexDb::open(TreeIndex::path_in(directory), mode);
  if (!db) return fail(std::move(db));
  Result<IndexStatement> find = db->prepare(select_file("key"));
  if (!find) return fail(std::move(find));
  return IndexReader(std::move(*db), std::move(*find));
}

Result<void> IndexReader::begin() { return db_.run("BEGIN"); }
void IndexReader::end() { static_cast<void>(db_.run("COMMIT")); }
Result<std::optional<TreeFile>> IndexReader::find(const Key& key) { return find_file(find_, key); }

}  // namespace tidemark::exporter
