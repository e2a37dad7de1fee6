#include "export/publisher.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/last_net.h"
#include "base/log.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t files_synced_singly_max = 64;

}  // namespace

Publisher::Publisher(TreeIndex& index, TreeFolder tree, RoundJournal* journal, GroupTable& groups,
                     Options options)
    : index_(index),
      tree_(std::move(tree)),
      journal_(journal),
      groups_(groups),
      options_(std::move(options)),
      seen_(static_cast<std::size_t>(options_.max_id) + 1),
      thread_([this] { work(); }) {}

Publisher::~Publisher() { finish(); }

void Publisher::submit(Chunk chunk) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.size() < options_.queue_max; });
  queue_.push_back(std::move(chunk));
  changed_.notify_all();
}

void Publisher::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !at_work_; });
}

void Publisher::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

std::optional<Error> Publisher::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::vector<Key> Publisher::again() const {
  const std::lock_guard lock(mutex_);
  std::vector<Key> keys = again_;
  std::ranges::set_difference(kept_elsewhere_, kept_, std::back_inserter(keys));
  return keys;
}

void Publisher::work() {
  while (true) {
    Round round;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !queue_.empty() || finishing_; });
      if (queue_.empty()) return;
      round.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
      queue_.clear();
      at_work_ = true;
      changed_.notify_all();
    }
    Result<void> done = with_last_net(
        [&]() -> Result<void> { return failure_ ? fail(*failure_) : publish(round); });
    if (!done) {
      index_.rollback();
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = done.error();
    }
    for (Chunk& chunk : round) {
      if (!done) {
        chunk.job->abandon_with(done.error());
      } else {
        chunk.job->rows += chunk.rows;
        chunk.job->failed += chunk.failed;
        findings_.add(chunk.findings);
        for (const auto& [group, counts] : chunk.groups) {
          chunk.job->rejected += counts.rejected;
          groups_.add(group, counts);
        }
        for (const std::int64_t id : chunk.seen) {
          if (id <= options_.max_id) seen_[static_cast<std::size_t>(id)] = true;
        }
        rejected_names_.insert(chunk.rejected_names.begin(), chunk.rejected_names.end());
        kept_.insert(chunk.kept_here.begin(), chunk.kept_here.end());
        kept_elsewhere_.insert(chunk.kept_elsewhere.begin(), chunk.kept_elsewhere.end());
      }
      chunk.job->end_piece();
    }
    const std::lock_guard lock(mutex_);
    at_work_ = false;
    changed_.notify_all();
  }
}

Result<void> Publisher::publish(Round& round) {
  for (Chunk& chunk : round) {
    for (PackedBlock& block : chunk.blocks) {
      const auto [tenant, country] = groups_.name(block.group);
      if (Result<void> done = options_.packed->append(tenant, country, std::move(block)); !done) {
        return done;
      }
    }
  }
  const bool index_changes = std::ranges::any_of(round, [](const Chunk& chunk) {
    return !chunk.plans.empty() || !chunk.rejects.empty() || !chunk.mended.empty();
  });
  if (!index_changes) return {};
  if (!options_.dry_run) {
    if (Result<void> synced = sync_staged(round); !synced) return synced;
    if (Result<void> written = write_journal(round); !written) return written;
  }
  if (Result<void> begun = index_.begin(); !begun) return begun;
  for (Chunk& chunk : round) {
    if (Result<void> done = publish_chunk(chunk); !done) return done;
  }
  if (Result<void> noted = note_removals(); !noted) return noted;
  if (!options_.dry_run) {
    if (Result<void> synced = tree_.sync_names(); !synced) return synced;
  }
  if (Result<void> committed = index_.commit(); !committed) return committed;
  if (journal_ != nullptr) {
    if (Result<void> cleared = journal_->clear(); !cleared) return cleared;
  }
  return remove_stale();
}

/// The bytes on disk before any of them gets a name.
Result<void> Publisher::sync_staged(const Round& round) {
  std::vector<std::pair<int, const std::string*>> staged;
  for (const Chunk& chunk : round) {
    for (const RowPlan& plan : chunk.plans) {
      if (plan.staged.empty()) continue;
      staged.emplace_back(chunk.staging, &plan.staged);
    }
  }
  // syncfs also waits for what others wrote to the same disk: worth it for many files only.
  if (staged.size() > files_synced_singly_max) return tree_.sync_data();
  for (const auto& [folder, name] : staged) {
    if (Result<void> synced = tree_.sync_file(folder, *name); !synced) return synced;
  }
  return {};
}

/// What the round may rename files to, before it does.
Result<void> Publisher::write_journal(const Round& round) {
  for (const Chunk& chunk : round) {
    for (const RowPlan& plan : chunk.plans) {
      if (!plan.staged.empty()) journal_->add(plan.path, plan.key);
    }
  }
  return journal_->write();
}

Result<void> Publisher::publish_chunk(Chunk& chunk) {
  left_on_list_.clear();
  if (Result<void> done = place_fresh(chunk); !done) return done;
  for (RowPlan& plan : chunk.plans) {
    if (plan.placed) continue;
    if (Result<void> done = publish_row(chunk, plan); !done) return done;
  }
  for (Reject& reject : chunk.rejects) {
    reject.last_seen = options_.now_text;
    if (Result<void> put = index_.put_reject(reject); !put) return put;
    met_rejects_.insert(reject.key);
  }
  for (const MendedRow& row : chunk.mended) {
    met_rejects_.insert(row.key);
    // No window may ever take the row again: the list is what brings it back.
    if (left_on_list_.contains(row.key)) continue;
    if (options_.packed != nullptr) {
      mended_rows_.push_back(row);
    } else if (Result<void> erased = index_.erase_reject(row.key); !erased) {
      return erased;
    }
  }
  return {};
}

Result<void> Publisher::place_fresh(Chunk& chunk) {
  std::vector<NewFile> files;
  std::vector<RowPlan*> plans;
  for (RowPlan& plan : chunk.plans) {
    if (plan.known) continue;
    files.push_back({.key = plan.key,
                     .path = plan.path,
                     .hash = plan.hash,
                     .size = plan.stamp.size,
                     .mtime = plan.stamp.mtime,
                     .adopted = plan.action != RowPlan::Action::write});
    plans.push_back(&plan);
  }
  if (Result<void> done = index_.insert_all(files, options_.run); !done) return done;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].id == 0) continue;
    plans[i]->placed = true;
    Result<void> done = place_entered(chunk, *plans[i], plans[i]->path, files[i].id);
    if (!done) return done;
  }
  return {};
}

Result<void> Publisher::publish_row(Chunk& chunk, RowPlan& plan) {
  if (plan.known) {
    Result<std::optional<TreeFile>> before = index_.find(plan.key);
    if (!before) return fail(std::move(before.error()));
    if (*before) return place_known(chunk, plan, **before);
  }
  return place_new(chunk, plan);
}

Result<void> Publisher::place_known(Chunk& chunk, RowPlan& plan, const TreeFile& before) {
  TreeFile now = before;
  if (plan.action == RowPlan::Action::refresh) {
    now.size = plan.stamp.size;
    now.mtime = plan.stamp.mtime;
    chunk.groups[plan.group].unchanged++;
    return index_.update(now);
  }
  if (plan.action == RowPlan::Action::adopt) {
    // Entered by another chunk of this run meanwhile (a row that moved while we read).
    chunk.groups[plan.group].unchanged++;
    return {};
  }
  now.path = plan.path;
  if (is_name_of(before.path.stem, plan.path.stem, plan.key.text())) {
    now.path.stem = before.path.stem;
  } else {
    Result<std::string> stem = claim(plan.path.stem, plan.key);
    if (!stem) return fail(std::move(stem.error()));
    now.path.stem = std::move(*stem);
  }
  if (!move_into_place(chunk, plan, now.path)) return {};
  now.hash = plan.hash;
  now.size = plan.stamp.size;
  now.mtime = plan.stamp.mtime;
  now.adopted = false;
  if (Result<void> updated = index_.update(now); !updated) return updated;
  if (before.adopted) leave_siblings(before.path);
  if (before.path != now.path) left_behind_.push_back(before.path);
  return {};
}

Result<void> Publisher::place_new(Chunk& chunk, RowPlan& plan) {
  TreeFile file{.path = plan.path,
                .hash = plan.hash,
                .size = plan.stamp.size,
                .mtime = plan.stamp.mtime,
                .run = options_.run,
                .adopted = plan.action != RowPlan::Action::write};
  Result<bool> inserted = index_.insert(plan.key, file);
  if (!inserted) return fail(std::move(inserted.error()));
  if (!*inserted) {
    // The key was entered meanwhile, or the name belongs to somebody.
    Result<std::optional<TreeFile>> before = index_.find(plan.key);
    if (!before) return fail(std::move(before.error()));
    if (*before) return place_known(chunk, plan, **before);
    if (plan.action != RowPlan::Action::write) return set_aside(chunk, plan);
    Result<std::string> stem = claim(plan.path.stem, plan.key);
    if (!stem) return fail(std::move(stem.error()));
    file.path.stem = std::move(*stem);
    inserted = index_.insert(plan.key, file);
    if (!inserted) return fail(std::move(inserted.error()));
  }
  return place_entered(chunk, plan, file.path, index_.last_id());
}

Result<void> Publisher::place_entered(Chunk& chunk, RowPlan& plan, const TreePath& path,
                                      std::int64_t id) {
  if (plan.action == RowPlan::Action::write) {
    if (!move_into_place(chunk, plan, path)) return index_.erase(id);
    const bool alone = plan.alone && path == plan.path;
    if (options_.had_files && !options_.dry_run && !alone) leave_siblings(path);
    return {};
  }
  // Since the row was read, its file may have been removed as one that another row left behind.
  if (options_.dry_run || tree_.stamp(plan.path) == plan.stamp) {
    chunk.groups[plan.group].unchanged++;
    return {};
  }
  if (Result<void> erased = index_.erase(id); !erased) return erased;
  return set_aside(chunk, plan);
}

void Publisher::leave_siblings(const TreePath& path) {
  for (const Compression compression : all_compressions) {
    const TreePath sibling{.stem = path.stem, .compression = compression};
    if (sibling != path && tree_.stamp(sibling)) left_behind_.push_back(sibling);
  }
}

Result<void> Publisher::set_aside(Chunk& chunk, const RowPlan& plan) {
  const auto [tenant, country] = groups_.name(plan.group);
  Result<void> noted = index_.put_reject({.key = plan.key,
                                          .tenant = tenant,
                                          .country = country,
                                          .reason = "its file belongs to another row",
                                          .hash = plan.hash,
                                          .last_seen = options_.now_text});
  if (!noted) return noted;
  left_on_list_.insert(plan.key);
  chunk.job->sets_aside = true;
  chunk.groups[plan.group].rows--;
  chunk.rows--;
  const std::lock_guard lock(mutex_);
  again_.push_back(plan.key);
  return {};
}

Result<std::string> Publisher::claim(const std::string& stem, const Key& key) {
  Result<std::optional<NameOwner>> owner = index_.owner_of(name_hash(stem));
  if (!owner) return fail(std::move(owner.error()));
  if (!*owner || (*owner)->key == key) return stem;

  NameOwner& other = **owner;
  const bool both_new = other.file.run == options_.run;
  const bool displace = both_new && key < other.key && other.file.path.stem == stem;
  const Key& marked = displace ? other.key : key;
  Result<std::string> free = free_marked_stem(stem, marked);
  if (!free) return free;
  ++counts_.collisions;
  const Message note =
      say({"two rows share the name {}: key {} gets {}", "两行的文件名同为 {}：主键 {} 改用 {}"},
          stem, marked.text(), *free);
  log_line(LogLevel::warning, note.en);
  if (!displace) return free;

  const TreePath from = other.file.path;
  other.file.path.stem = *free;
  if (!options_.dry_run) {
    // Often a row of an earlier round, which this round's block does not name.
    journal_->add(from, other.key);
    if (Result<void> written = journal_->write(); !written) return fail(std::move(written.error()));
    if (Result<void> renamed = tree_.rename(from, other.file.path); !renamed) {
      return fail(std::move(renamed.error()));
    }
  }
  if (Result<void> updated = index_.update(other.file); !updated) {
    return fail(std::move(updated.error()));
  }
  return stem;
}

Result<std::string> Publisher::free_marked_stem(const std::string& stem, const Key& key) {
  const std::string key_text = key.text();
  for (std::uint64_t attempt = 0; attempt < mark_attempts_max; ++attempt) {
    std::string marked = marked_stem(stem, key_text, attempt);
    const Result<std::optional<NameOwner>> owner = index_.owner_of(name_hash(marked));
    if (!owner) return std::unexpected(owner.error());
    if (!*owner || (*owner)->key == key) return marked;
  }
  return fail(ErrorKind::corrupt, {"no free name for {}", "{} 没有可用的文件名"}, stem);
}

bool Publisher::move_into_place(Chunk& chunk, RowPlan& plan, const TreePath& path) {
  if (!options_.dry_run) {
    const Result<void> moved = tree_.publish(chunk.staging, plan.staged, path);
    if (!moved) {
      row_failed(chunk, plan, moved.error());
      return false;
    }
  }
  if (log_enabled(LogLevel::debug)) {
    log_line(LogLevel::debug,
             fmt::format("{} {} (key {})", options_.dry_run ? "would write" : "wrote", path.text(),
                         plan.key.text()));
  }
  chunk.groups[plan.group].written++;
  ++counts_.written;
  counts_.bytes_written += plan.stamp.size;
  return true;
}

void Publisher::row_failed(Chunk& chunk, const RowPlan& plan, const Error& error) {
  if (!plan.staged.empty()) {
    ::unlinkat(chunk.staging, plan.staged.c_str(), 0);
  }
  left_on_list_.insert(plan.key);
  GroupCount& group = chunk.groups[plan.group];
  group.failed++;
  if (group.error.empty()) group.error = error.what;
  ++chunk.failed;
  chunk.job->fail_with(error);
}

Result<void> Publisher::note_removals() {
  for (const TreePath& path : std::exchange(left_behind_, {})) {
    const Result<std::optional<NameOwner>> owner = index_.owner_of(name_hash(path.stem));
    if (!owner) return std::unexpected(owner.error());
    if (*owner && (*owner)->file.path == path) continue;
    // Where case is ignored, the file of the old name is the one that was just written.
    if (*owner && !options_.dry_run && tree_.same_file((*owner)->file.path, path)) continue;
    stale_.push_back(path.text());
    if (Result<void> noted = index_.add_removal(stale_.back()); !noted) return noted;
  }
  return {};
}

Result<void> Publisher::remove_stale() {
  const std::vector<std::string> paths = std::exchange(stale_, {});
  if (paths.empty()) return {};
  if (options_.dry_run) {
    for (const std::string& path : paths) {
      if (log_enabled(LogLevel::debug)) log_line(LogLevel::debug, "would remove " + path);
    }
    counts_.removed += paths.size();
    return {};
  }
  const Result<StaleFiles> files = remove_stale_files(index_, tree_, paths);
  if (!files) return std::unexpected(files.error());
  counts_.removed += files->removed;
  stale_files_.add(*files);
  return {};
}

}  // namespace tidemark::exporter
