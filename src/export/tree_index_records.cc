// What the index keeps besides the files: stale files, rejects, tenants, notes.
#include <fmt/format.h>

#include <charconv>

#include "export/tree_index.h"

namespace tidemark::exporter {
namespace {

IndexStatement& bind_tenant(IndexStatement& statement, const Reject& reject) {
  return reject.tenant ? statement.bind_text(*reject.tenant) : statement.bind_null();
}

/// Recovery used to write the empty text for a tenant that it did not know. Such a reject has the
/// hash of all zeros, which no row has.
std::optional<std::string> tenant_of(const IndexStatement& row, int tenant, int hash) {
  if (row.is_null(tenant)) return std::nullopt;
  if (row.bytes(tenant).empty() && content_hash_from(row.bytes(hash)) == ContentHash{}) {
    return std::nullopt;
  }
  return std::string(row.bytes(tenant));
}

}  // namespace

Result<void> TreeIndex::add_removal(std::string_view path) { return note_removal(path, false); }

Result<void> TreeIndex::add_replaced_part(std::string_view path) {
  return note_removal(path, true);
}

Result<void> TreeIndex::note_removal(std::string_view path, bool replaced) {
  return add_removal_.reset().bind_text(path).bind(static_cast<std::int64_t>(replaced)).run();
}

Result<PathSet> TreeIndex::removals() { return removals_where("1"); }

Result<PathSet> TreeIndex::nobodys_removals() { return removals_where("NOT replaced"); }

Result<PathSet> TreeIndex::removals_where(std::string_view condition) {
  Result<IndexStatement> all =
      db_.prepare(fmt::format("SELECT path FROM removal WHERE {}", condition));
  if (!all) return fail(std::move(all));
  PathSet paths;
  while (true) {
    const Result<bool> row = all->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return paths;
    paths.emplace(all->bytes(0));
  }
}

Result<void> TreeIndex::clear_removals() {
  if (not_removed_.empty()) return db_.run("DELETE FROM removal");
  const auto all_but = [this]() -> Result<void> {
    const Result<PathSet> replaced = removals_where("replaced");
    if (!replaced) return std::unexpected(replaced.error());
    if (Result<void> cleared = db_.run("DELETE FROM removal"); !cleared) return cleared;
    for (const std::string& path : not_removed_) {
      if (Result<void> kept = note_removal(path, replaced->contains(path)); !kept) return kept;
    }
    return {};
  };
  // Works inside the caller's transaction as well as without one.
  if (Result<void> begun = db_.run("SAVEPOINT removals"); !begun) return begun;
  Result<void> done = all_but();
  if (!done) static_cast<void>(db_.run("ROLLBACK TO removals"));
  const Result<void> released = db_.run("RELEASE removals");
  return done ? released : done;
}

Result<void> TreeIndex::put_reject(const Reject& reject) {
  put_reject_.reset().bind_key(reject.key);
  return bind_tenant(put_reject_, reject)
      .bind_text(reject.country)
      .bind_text(reject.number)
      .bind_text(reject.reason)
      .bind_blob(reject.hash.view())
      .bind_text(reject.last_seen)
      .run();
}

Result<void> TreeIndex::put_accepted(const Reject& reject) {
  Result<IndexStatement> put = db_.prepare(
      "INSERT INTO reject(key, tenant, country, number, reason, hash, first_seen, last_seen, "
      "accepted) VALUES(?,?,?,?,?,?,?,?,1) ON CONFLICT(key) DO NOTHING");
  if (!put) return fail(std::move(put.error()));
  put->bind_key(reject.key);
  return bind_tenant(*put, reject)
      .bind_text(reject.country)
      .bind_text(reject.number)
      .bind_text(reject.reason)
      .bind_blob(reject.hash.view())
      .bind_text(reject.first_seen)
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
                       .tenant = tenant_of(*all, 1, 5),
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

Result<std::int64_t> TreeIndex::open_rejects() {
  return db_.one_number("SELECT COUNT(*) FROM reject WHERE accepted = 0");
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

Result<void> TreeIndex::add_covered(std::string_view tenant) {
  Result<IndexStatement> add =
      db_.prepare("INSERT INTO tenant VALUES(?,?) ON CONFLICT(name) DO NOTHING");
  if (!add) return fail(std::move(add.error()));
  const std::string text = CivilTime::baseline().text();
  return add->bind_text(tenant).bind_text(text).run();
}

Result<void> TreeIndex::forget_coverage() { return db_.run("DELETE FROM tenant"); }

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

}  // namespace tidemark::exporter
