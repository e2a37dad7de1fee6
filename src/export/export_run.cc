#include "export/export_run.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/log.h"
#include "export/ndjson_sink.h"
#include "export/source_record.h"
#include "export/state_admin.h"
#include "export/tenants.h"

namespace tidemark::exporter {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t keys_per_slice = 200;
constexpr std::size_t examples_max = 20;
constexpr std::chrono::milliseconds watch_interval{20};
constexpr std::chrono::seconds save_interval{2};

bool has_files_besides_state(const std::string& output) {
  std::error_code code;
  for (fs::directory_iterator entry{output, code}, end; !code && entry != end;
       entry.increment(code)) {
    if (entry->path().filename() != ".export_state") return true;
  }
  return false;
}

/// What a killed run left of the files that it was about to replace.
void remove_temporary_files(const std::string& folder) {
  std::error_code code;
  for (fs::directory_iterator entry{folder, code}, end; !code && entry != end;
       entry.increment(code)) {
    if (!is_temporary_name(entry->path().filename().native())) continue;
    std::error_code ignored;  // It does no harm; the next run tries again.
    fs::remove(entry->path(), ignored);
  }
}

}  // namespace

ExportRun::ExportRun(Environment environment, TableSpec spec, ExportOptions options)
    : environment_(std::move(environment)),
      spec_(std::move(spec)),
      options_(std::move(options)),
      state_directory_(state_directory_of(options_.output)) {
  summary_.name = spec_.name;
  summary_.options = options_;
}

ExportRun::~ExportRun() = default;

ExportProgress ExportRun::progress() const {
  ExportProgress progress{.rows = counts_.rows.load(std::memory_order_relaxed),
                          .bytes = counts_.bytes.load(std::memory_order_relaxed),
                          .groups = groups_.size()};
  if (const std::uint64_t expected = rows_expected_.load(); expected > 0) {
    progress.rows_expected = std::max(expected, progress.rows);
  }
  return progress;
}

/// Every row of the source is looked at: what is not met is gone.
bool ExportRun::covers_all() const {
  return options_.mode == Mode::full && options_.tenants.empty() && options_.countries.empty() &&
         !options_.limit && !options_.retried_rejects && !options_.since;
}

/// A tenant that is only partly covered keeps its watermark.
bool ExportRun::moves_watermarks() const {
  return options_.mode == Mode::incremental && options_.countries.empty() && !options_.limit &&
         !options_.dry_run;
}

Result<ExportSummary> ExportRun::run() {
  Result<ExportSummary> summary = lock_to_summary();
  if (!summary && summary.error().kind == ErrorKind::corrupt && index_ && !index_damaged_) {
    index_damaged_ = index_->is_damaged();
  }
  return summary;
}

Result<ExportSummary> ExportRun::lock_to_summary() {
  const SteadyTime start = environment_.clock.steady();
  if (Result<void> ready = prepare(); !ready) return fail(std::move(ready.error()));
  if (Result<void> done = work(); !done) return fail(std::move(done.error()));
  if (Result<void> again = read_again(); !again) return fail(std::move(again.error()));
  publisher_->finish();
  if (Result<void> committed = commit_packed(); !committed) {
    summary_.errors.push_back(committed.error());
    for (Job& job : jobs_) job.fail_with(committed.error());
  }
  if (!options_.dry_run) {
    if (Result<void> cleaned = Staging::clean(state_directory_); !cleaned) {
      summary_.errors.push_back(cleaned.error());
    }
  }
  if (const std::optional<Error> damage = index_damage()) return fail(*damage);
  if (const std::optional<Error> failure = publisher_->failure()) {
    summary_.errors.push_back(*failure);
  } else {
    if (Result<void> closed = close_rejects(); !closed) return fail(std::move(closed.error()));
    if (Result<void> gone = find_gone(); !gone) return fail(std::move(gone.error()));
  }
  for (Result<void> (ExportRun::*step)() :
       {&ExportRun::save_watermarks, &ExportRun::save_coverage}) {
    if (Result<void> saved = (this->*step)(); !saved) summary_.errors.push_back(saved.error());
  }
  sum_up();
  summary_.seconds = std::chrono::duration<double>(environment_.clock.steady() - start).count();
  return summary_;
}

/// A reader may meet the damage as well as the publisher; but a damaged source says "corrupt" too.
std::optional<Error> ExportRun::index_damage() {
  const auto is_corrupt = [](const std::optional<Error>& error) {
    return error && error->kind == ErrorKind::corrupt;
  };
  if (const std::optional<Error> failure = publisher_->failure(); is_corrupt(failure)) {
    return failure;
  }
  for (const Job& job : jobs_) {
    const std::optional<Error> error = job.error();
    if (is_corrupt(error) && index_->is_damaged()) return error;
  }
  return std::nullopt;
}

Result<void> ExportRun::put_index_aside() {
  publisher_.reset();
  index_.reset();
  return TreeIndex::put_aside(state_directory_);
}

Result<void> ExportRun::prepare() {
  now_text_ = fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                          std::chrono::floor<std::chrono::seconds>(environment_.clock.wall()));
  Result<PathTemplate> path = PathTemplate::parse(spec_.path);
  if (!path) return fail(std::move(path.error()));
  path_ = std::move(*path);
  if (options_.retried_rejects && options_.layout == Layout::ndjson) {
    return fail(make_error(ErrorKind::unsupported,
                           {"single rows of a packed tree (layout ndjson) cannot be written anew",
                            "打包目录（ndjson 布局）无法单独重写某些行"})
                    .with_hint({"an incremental run retries all rejects: tidemark export {} -i",
                                "增量运行会重试全部拒收记录：tidemark export {} -i"},
                               spec_.name));
  }
  for (Result<void> (ExportRun::*step)() :
       {&ExportRun::open_source, &ExportRun::open_tree, &ExportRun::check_source_record,
        &ExportRun::open_index, &ExportRun::plan}) {
    if (Result<void> done = (this->*step)(); !done) return done;
  }
  return {};
}

Result<void> ExportRun::open_source() {
  Result<std::unique_ptr<sql::Connection>> connection = environment_.connect();
  if (!connection) return fail(std::move(connection.error()));
  connection_ = std::move(*connection);
  if (Result<void> set = connection_->set_zone(options_.zone); !set) return set;
  Result<SourceTable> table = SourceTable::open(
      *connection_, spec_, {.tenants = options_.tenants, .countries = options_.countries});
  if (!table) return fail(std::move(table.error()));
  table_ = std::move(*table);
  if (options_.mode == Mode::incremental && spec_.update_time.empty()) {
    return fail(ErrorKind::invalid_config,
                {"export.{}.update_time_column is empty: only full exports are possible",
                 "export.{}.update_time_column 为空：只能全量导出"},
                spec_.name);
  }
  return {};
}

Result<void> ExportRun::open_tree() {
  if (options_.dry_run) return {};
  if (Result<TreeFolder> tree = TreeFolder::open(options_.output, true); !tree) {
    return fail(std::move(tree.error()));
  }
  std::error_code code;
  fs::create_directories(state_directory_, code);
  if (code) {
    return fail(ErrorKind::io, {"cannot create {}: {}", "无法创建 {}：{}"}, state_directory_,
                code.message());
  }
  Result<TreeLock> lock = TreeLock::acquire(state_directory_, environment_.clock);
  if (!lock) return fail(std::move(lock.error()));
  if (!lock->took_over().empty()) {
    summary_.notes.push_back(
        say({"took over the lock of an exporter that is gone ({})", "接管了已退出进程的锁（{}）"},
            lock->took_over()));
  }
  lock_ = std::move(*lock);
  remove_temporary_files(state_directory_);
  return Staging::clean(state_directory_);
}

Result<void> ExportRun::check_source_record() {
  const Result<sql::ServerInfo> server = connection_->server();
  if (!server) return std::unexpected(server.error());
  const SourceRecord present{.zone = options_.zone.empty() ? server->zone : options_.zone,
                             .source = environment_.source,
                             .table = spec_.table,
                             .layout = options_.layout == Layout::files ? "files" : "ndjson"};
  const Result<std::optional<SourceRecord>> loaded = SourceRecord::load(state_directory_);
  if (!loaded) return std::unexpected(loaded.error());
  const std::optional<SourceRecord>& recorded = *loaded;
  if (recorded) {
    if (Result<void> fits = compare_with(*recorded, present); !fits) return fits;
  }

  // A zone that changed, or one that an older exporter never wrote down: two zones are never more
  // than 26 hours apart, and reading rows again does no harm. Saved before the record: a crash in
  // between steps back twice.
  state_file_.emplace(state_directory_);
  if (!recorded || recorded->zone != present.zone) {
    Result<watermark::State> state = state_file_->load();
    if (!state) return fail(std::move(state.error()));
    for (auto& [tenant, entry] : *state) {
      entry.mark = std::max(CivilTime::baseline(), entry.mark - std::chrono::hours{26});
    }
    if (options_.dry_run) {
      stepped_back_ = std::move(*state);
    } else if (!state->empty()) {
      if (Result<void> saved = state_file_->save(*state); !saved) return saved;
    }
  }
  const bool same = recorded && *recorded == present;
  return options_.dry_run || same ? Result<void>{} : present.save(state_directory_);
}

Result<void> ExportRun::compare_with(const SourceRecord& recorded, const SourceRecord& present) {
  if (recorded.zone != present.zone && !options_.confirm_zone) {
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"the watermarks of {} were taken in zone {}, now it is {}",
                    "{} 的水位是按时区 {} 记录的，现在是 {}"},
                   options_.output, recorded.zone, present.zone)
            .with_hint({"if the column is written in the new zone from now on, confirm "
                        "with --confirm-zone (watermarks go back by a day); else set "
                        "export.{}.zone",
                        "若该列今后确以新时区写入，请用 --confirm-zone 确认（水位将回退一天）；"
                        "否则请设置 export.{}.zone"},
                       spec_.name));
  }
  if (!recorded.table.empty() && recorded.table != present.table) {
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"{} holds the export of table {}, not of {}", "{} 中是表 {} 的导出，而不是 {}"},
                   options_.output, recorded.table, present.table)
            .with_hint({"give each export a folder of its own: export.{}.output",
                        "请为每个导出设置各自的目录：export.{}.output"},
                       spec_.name));
  }
  if (!recorded.layout.empty() && recorded.layout != present.layout) {
    return fail(
        make_error(ErrorKind::invalid_config,
                   {"{} was exported with layout {}, not {}", "{} 是以 {} 布局导出的，而不是 {}"},
                   options_.output, recorded.layout, present.layout)
            .with_hint({"export into another folder (-o), or with --layout {}",
                        "请导出到其他目录（-o），或使用 --layout {}"},
                       recorded.layout));
  }
  if (recorded.source != present.source) {
    summary_.notes.push_back(
        say({"this tree was last exported from {}, now from {}; nothing is pruned in this run",
             "该目录上次导出自 {}，本次为 {}；本次运行不会清理任何文件"},
            recorded.source, present.source));
    options_.prune = false;
  }
  return {};
}

Result<void> ExportRun::open_index() {
  const IndexDb::Mode mode = options_.dry_run ? IndexDb::Mode::scratch : IndexDb::Mode::read_write;
  Result<TreeIndex> index = TreeIndex::open(state_directory_, mode);
  if (!index) {
    index_damaged_ = index.error().kind == ErrorKind::corrupt;
    return fail(std::move(index.error()));
  }
  tree_may_have_files_ = has_files_besides_state(options_.output);
  if (index->fresh() && tree_may_have_files_) {
    summary_.notes.push_back(
        say({"there was no index: files found in the tree are compared with "
             "their rows and adopted",
             "没有索引：将把目录中已有的文件与数据逐一比对并接管"}));
  }
  index_ = std::move(*index);

  if (!options_.dry_run) {
    if (Result<void> cleared = clear_up(); !cleared) return cleared;
    if (Result<void> removed = PackedTree::remove_unlisted(*index_, options_.output); !removed) {
      return removed;
    }
  }
  const Result<std::int64_t> run = index_->next_run();
  if (!run) return std::unexpected(run.error());
  run_ = *run;
  const Result<std::int64_t> max_id = index_->max_id();
  if (!max_id) return std::unexpected(max_id.error());
  max_id_ = *max_id;
  Result<std::map<std::string, CivilTime, std::less<>>> covered = index_->covered();
  if (!covered) return fail(std::move(covered.error()));
  covered_ = std::move(*covered);
  const Result<std::vector<Reject>> rejects = index_->rejects();
  if (!rejects) return std::unexpected(rejects.error());
  for (const Reject& reject : *rejects) known_rejects_.insert(reject.key);
  retried_rejects_ = known_rejects_;
  return {};
}

/// What a killed run left behind in the tree.
Result<void> ExportRun::clear_up() {
  Result<TreeFolder> tree = TreeFolder::open(options_.output, false);
  if (!tree) return fail(std::move(tree.error()));
  // Committed, but not yet removed.
  const Result<std::vector<std::string>> stale = index_->removals();
  if (!stale) return std::unexpected(stale.error());
  for (const std::string& path : *stale) {
    if (Result<void> removed = tree->remove(path); !removed) return removed;
  }
  if (!stale->empty()) {
    if (Result<void> cleared = index_->clear_removals(); !cleared) return cleared;
  }
  return remove_unknown(*tree);
}

/// Files that got their names in a round that was never committed. Their rows are read again by
/// this run or, if they changed, have got other names. Where the round wrote over the file of a row
/// that was committed before, that row has to be exported again: it goes to the reject list, which
/// every run retries.
Result<void> ExportRun::remove_unknown(TreeFolder& tree) {
  Result<RoundJournal> journal = RoundJournal::open(state_directory_);
  if (!journal) return fail(std::move(journal.error()));
  journal_ = std::move(*journal);
  const Result<std::vector<TreePath>> names = journal_->names();
  if (!names) return std::unexpected(names.error());
  if (names->empty()) return journal_->clear();

  std::vector<std::string> unknown;
  if (Result<void> begun = index_->begin(); !begun) return begun;
  for (const TreePath& path : *names) {
    const Result<std::optional<NameOwner>> owner = index_->owner_of(name_hash(path.stem));
    if (!owner) return std::unexpected(owner.error());
    const std::optional<FileStamp> stamp = tree.stamp(path);
    if (!*owner || (*owner)->file.path != path) {
      if (stamp) unknown.push_back(path.text());
    } else if (const TreeFile& file = (*owner)->file;
               stamp != FileStamp{.size = file.size, .mtime = file.mtime}) {
      const Reject interrupted{.key = (*owner)->key,
                               .tenant = {},
                               .country = {},
                               .number = path.stem,
                               .reason = "the run that wrote its file was killed",
                               .hash = {},
                               .first_seen = now_text_,
                               .last_seen = now_text_};
      if (Result<void> put = index_->put_reject(interrupted); !put) return put;
    }
  }
  if (Result<void> committed = index_->commit(); !committed) return committed;
  for (const std::string& path : unknown) {
    if (Result<void> removed = tree.remove(path); !removed) return removed;
  }
  return journal_->clear();
}

Result<void> ExportRun::restrict_to_limit() {
  if (!options_.limit) return {};
  const Statement query = table_->groups(*options_.limit);
  Result<std::unique_ptr<sql::Cursor>> cursor = connection_->query(query.sql, query.params);
  if (!cursor) return fail(std::move(cursor.error()));
  std::vector<std::pair<std::string, std::string>> groups;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    groups.emplace_back((*cursor)->at(0).value_or(""), (*cursor)->at(1).value_or(""));
  }
  table_->set_groups(std::move(groups));
  return {};
}

Result<void> ExportRun::plan() {
  if (options_.retried_rejects) return plan_retry();
  if (Result<void> restricted = restrict_to_limit(); !restricted) return restricted;
  if (options_.mode == Mode::incremental) return plan_tenants();
  if (options_.sweep) {
    Result<watermark::State> state = watermark::StateFile(state_directory_).load();
    if (!state) return fail(std::move(state.error()));
    state_ = std::move(*state);
  }

  Slice slice;
  if (options_.since) {
    slice.window = watermark::Window{.after = *options_.since,
                                     .upto = *CivilTime::parse("9999-12-31 23:59:59")};
  }
  jobs_.emplace_back();
  queue_.put({.job = &jobs_.back(), .slice = std::move(slice)});
  if (covers_all()) {
    const Statement estimate = table_->estimate();
    const Result<std::optional<std::string>> rows =
        sql::query_value(*connection_, estimate.sql, estimate.params);
    if (rows && *rows) rows_expected_ = std::strtoull(rows->value().c_str(), nullptr, 10);
  }
  return {};
}

Result<void> ExportRun::plan_tenants() {
  Result<watermark::State> state =
      stepped_back_ ? Result<watermark::State>(*stepped_back_) : state_file_->load();
  if (!state) return fail(std::move(state.error()));
  state_ = std::move(*state);

  const sql::Column& column = *table_->update_column();
  Result<watermark::Boundary> boundary =
      watermark::fix_boundary(*connection_, {.margin = options_.margin,
                                             .fence = options_.fence,
                                             .decimals = column.decimals,
                                             .whole_days = column.type == sql::ColumnType::date});
  if (!boundary) return fail(std::move(boundary.error()));
  summary_.boundary = *boundary;
  if (!options_.dry_run) {
    if (Result<void> saved = state_file_->back_up(boundary->now); !saved) return saved;
  }

  std::vector<std::string> known;
  CivilTime oldest = boundary->upto;
  for (const auto& [tenant, entry] : state_) {
    known.push_back(tenant);
    oldest = std::min(oldest, covered_.contains(tenant) ? entry.mark : CivilTime::baseline());
  }
  const Result<std::string> last_state = index_->meta("state_hash");
  if (!last_state) return std::unexpected(last_state.error());
  const bool edited = *last_state != short_hash(watermark::format_state(state_));
  if (state_.empty() || edited) oldest = CivilTime::baseline();
  Result<std::vector<std::string>> tenants =
      find_tenants(*connection_, *table_, known, {.after = oldest, .upto = boundary->upto});
  if (!tenants) return fail(std::move(tenants.error()));

  for (const std::string& tenant : *tenants) {
    const auto entry = state_.find(tenant);
    const bool indexed = covered_.contains(tenant);
    watermark::Window window{.after = CivilTime::baseline(), .upto = boundary->upto};
    if (entry != state_.end() && indexed) window.after = entry->second.mark;
    if (options_.since) window.after = std::max(window.after, *options_.since);
    Job& job = jobs_.emplace_back();
    job.tenant = tenant;
    job.window = window;
    if (window.empty()) {
      job.pending = 0;
      continue;
    }
    queue_.put({.job = &job, .slice = {.tenant = tenant, .window = window}});
  }
  return {};
}

Result<void> ExportRun::plan_retry() {
  if (!options_.retried_rejects->empty()) {
    retried_rejects_.clear();
    for (const std::string& text : *options_.retried_rejects) {
      const Key key = Key::from_text(text, table_->integer_key());
      if (!known_rejects_.contains(key)) {
        return fail(ErrorKind::not_found,
                    {"no row with the key {} is on the reject list", "拒绝清单中没有键为 {} 的行"},
                    printable(text));
      }
      retried_rejects_.insert(key);
    }
  }
  Job& job = jobs_.emplace_back();
  job.pending = 0;
  put_keys({retried_rejects_.begin(), retried_rejects_.end()}, job, queue_);
  return {};
}

void ExportRun::put_keys(const std::vector<Key>& keys, Job& job, SliceQueue& queue) {
  for (std::size_t i = 0; i < keys.size(); i += keys_per_slice) {
    Slice slice;
    slice.keys.assign(
        keys.begin() + static_cast<std::ptrdiff_t>(i),
        keys.begin() + static_cast<std::ptrdiff_t>(std::min(i + keys_per_slice, keys.size())));
    job.pending.fetch_add(1);
    queue.put({.job = &job, .slice = std::move(slice)});
  }
}

Result<std::unique_ptr<SliceReader>> ExportRun::make_reader(std::size_t worker, SliceQueue& queue,
                                                            bool adopt) {
  Result<TreeFolder> tree = TreeFolder::open(options_.output, false);
  if (!tree && tree.error().kind != ErrorKind::not_found) return fail(std::move(tree.error()));
  trees_[worker] = tree ? std::optional(std::move(*tree)) : std::nullopt;

  const SliceReader::Options reading{.worker = static_cast<int>(worker),
                                     .zone = options_.zone,
                                     .required_fields = options_.required_fields};
  if (options_.layout == Layout::ndjson) {
    return std::make_unique<SliceReader>(
        environment_.connect, *table_,
        std::make_unique<NdjsonSink>(options_.compression, options_.compression_level), groups_,
        known_rejects_, queue, *publisher_, counts_, environment_.stop, reading);
  }
  std::optional<IndexReader> reader;
  if (max_id_ > 0 || (!adopt && !options_.dry_run)) {
    Result<IndexReader> opened = IndexReader::open(
        state_directory_, options_.dry_run ? IndexDb::Mode::untouched : IndexDb::Mode::read_only);
    if (!opened) return fail(std::move(opened.error()));
    reader = std::move(*opened);
  }
  auto sink =
      std::make_unique<FileSink>(trees_[worker] ? &*trees_[worker] : nullptr, std::move(reader),
                                 std::exchange(stagings_[worker], std::nullopt), *path_,
                                 FileSink::Options{.compression = options_.compression,
                                                   .compression_level = options_.compression_level,
                                                   .adopt = adopt && tree_may_have_files_,
                                                   .marks = options_.sweep ? &state_ : nullptr});
  return std::make_unique<SliceReader>(environment_.connect, *table_, std::move(sink), groups_,
                                       known_rejects_, queue, *publisher_, counts_,
                                       environment_.stop, reading);
}

Result<void> ExportRun::start_publisher() {
  Result<TreeFolder> tree = TreeFolder::open(options_.dry_run ? "." : options_.output, false);
  if (!tree) return fail(std::move(tree.error()));
  // One worker more than threads: for the rows that are read again at the end.
  const auto workers = static_cast<std::size_t>(options_.threads) + 1;
  trees_.resize(workers);
  stagings_.resize(workers);
  std::vector<int> staging_fds(workers, -1);
  for (std::size_t worker = 0; worker < workers && !options_.dry_run; ++worker) {
    Result<Staging> staging = Staging::open(state_directory_, static_cast<int>(worker));
    if (!staging) return fail(std::move(staging.error()));
    staging_fds[worker] = staging->fd();
    stagings_[worker] = std::move(*staging);
  }
  if (options_.layout == Layout::ndjson) {
    const std::string run_name = packed_run_name(environment_.clock.wall());
    packed_ = std::make_unique<PackedTree>(
        PackedTree::Options{.mode = options_.mode,
                            .mode_name = options_.mode == Mode::full ? "full" : "incremental",
                            .compression = options_.compression,
                            .dry_run = options_.dry_run,
                            .run = run_name,
                            .output = options_.output},
        state_directory_);
  }
  publisher_ = std::make_unique<Publisher>(
      *index_, std::move(*tree), journal_ ? &*journal_ : nullptr, groups_, std::move(staging_fds),
      Publisher::Options{.run = run_,
                         .dry_run = options_.dry_run,
                         .now_text = now_text_,
                         .packed = packed_.get(),
                         .max_id = max_id_});
  return {};
}

Result<void> ExportRun::work() {
  if (Result<void> started = start_publisher(); !started) return started;
  for (int worker = 0; worker < options_.threads; ++worker) {
    Result<std::unique_ptr<SliceReader>> reader =
        make_reader(static_cast<std::size_t>(worker), queue_, true);
    if (!reader) return fail(std::move(reader.error()));
    readers_.push_back(std::move(*reader));
  }

  std::mutex mutex;
  std::condition_variable finished;
  int running = options_.threads;
  std::vector<std::thread> threads;
  for (const std::unique_ptr<SliceReader>& reader : readers_) {
    threads.emplace_back([&] {
      reader->run();
      const std::lock_guard lock(mutex);
      --running;
      finished.notify_all();
    });
  }
  SteadyTime saved = environment_.clock.steady();
  bool stopped = false;
  const auto all_finished = [&running] { return running == 0; };
  for (std::unique_lock lock(mutex); !finished.wait_for(lock, watch_interval, all_finished);) {
    if (environment_.stop.requested() && !stopped) {
      stopped = true;
      for (const SliceTask& left : queue_.close()) {
        left.job->fail_with(make_error(ErrorKind::cancelled, {"stopped", "已中止"}));
        left.job->pending.fetch_sub(1);
      }
    }
    if (environment_.clock.steady() - saved > save_interval) {
      saved = environment_.clock.steady();
      if (Result<void> done = save_watermarks(); !done) summary_.errors.push_back(done.error());
    }
  }
  for (std::thread& thread : threads) thread.join();
  summary_.stopped_by = environment_.stop.signal();
  return {};
}

/// Rows that the windows did not give: rejects are tried again whatever their stamp; rows whose
/// file was adopted and then went to another row are written under a name of their own.
Result<void> ExportRun::read_again() {
  publisher_->drain();
  if (environment_.stop.requested()) {
    // Counts as stopped also if the signal came after the last slice: not everything was tried.
    summary_.stopped_by = environment_.stop.signal();
    return {};
  }
  std::vector<Key> keys = publisher_->again();
  // Until they are written they stand on the reject list, see Publisher::place_new().
  known_rejects_.insert(keys.begin(), keys.end());
  const bool adopt = keys.empty();
  if (options_.mode == Mode::incremental) {
    std::ranges::set_difference(known_rejects_, publisher_->met_rejects(),
                                std::back_inserter(keys));
  }
  if (keys.empty()) return {};
  SliceQueue queue;
  Job& job = jobs_.emplace_back();
  job.pending = 0;
  put_keys(keys, job, queue);
  Result<std::unique_ptr<SliceReader>> reader =
      make_reader(static_cast<std::size_t>(options_.threads), queue, adopt);
  if (!reader) return fail(std::move(reader.error()));
  readers_.push_back(std::move(*reader));
  readers_.back()->run();
  return {};
}

/// Writes the state file with all tenants that are done. Their rows are in the tree and in the
/// index by now: `pending` counts what is not published.
Result<void> ExportRun::save_watermarks() {
  if (!moves_watermarks()) return {};
  // Packed rows are in the tree only when all parts are.
  if (packed_ && !packed_committed_) return {};
  std::vector<Job*> saved;
  for (Job& job : jobs_) {
    if (!job.window || job.recorded || job.pending.load() > 0 || job.window->empty()) continue;
    const std::optional<Error> error = job.error();
    if (error && error->kind == ErrorKind::cancelled) continue;
    saved.push_back(&job);
    watermark::TenantState& entry = state_[job.tenant];
    entry.records = job.exported();
    if (error) {
      entry.status = watermark::TenantStatus::failed;
    } else {
      entry.mark = job.window->upto;
      entry.status = job.rejected.load() > 0 ? watermark::TenantStatus::partial
                                             : watermark::TenantStatus::success;
    }
  }
  if (saved.empty()) return {};
  if (Result<void> written = state_file_->save(state_); !written) return written;
  for (Job* job : saved) job->recorded = true;
  return {};
}

/// What the index covers from now on, in one transaction after the watermarks.
Result<void> ExportRun::save_coverage() {
  if (options_.dry_run) return {};
  if (Result<void> begun = index_->begin(); !begun) return begun;
  if (moves_watermarks()) {
    for (const Job& job : jobs_) {
      if (!job.window || job.window->empty() || !job.is_done()) continue;
      if (packed_ && !packed_committed_) continue;
      if (Result<void> set = index_->set_covered(job.tenant, job.window->upto); !set) return set;
    }
    // Unedited from here on, and complete: every tenant that there is has a line. Else the next run
    // looks for further spellings of tenants among all rows.
    if (options_.tenants.empty() && summary_.stopped_by == 0) {
      if (Result<void> set =
              index_->set_meta("state_hash", short_hash(watermark::format_state(state_)));
          !set) {
        return set;
      }
    }
  } else if (covers_all() && is_complete()) {
    for (const GroupCount& group : groups_.all()) {
      if (Result<void> set = index_->set_covered(group.tenant, CivilTime::baseline()); !set) {
        return set;
      }
    }
  }
  return index_->commit();
}

bool ExportRun::is_complete() const {
  return summary_.stopped_by == 0 && !publisher_->failure() &&
         std::ranges::none_of(jobs_, [](const Job& job) { return job.error().has_value(); });
}

/// Rejects that no run met any more: their rows are deleted or voided.
Result<void> ExportRun::close_rejects() {
  const bool all_tried =
      options_.tenants.empty() && options_.countries.empty() && !options_.limit && is_complete();
  const Result<std::vector<Reject>> rejects = index_->rejects();
  if (!rejects) return std::unexpected(rejects.error());
  for (const Reject& reject : *rejects) {
    if (all_tried && retried_rejects_.contains(reject.key) &&
        !publisher_->met_rejects().contains(reject.key)) {
      if (Result<void> erased = index_->erase_reject(reject.key); !erased) return erased;
    } else if (!reject.accepted) {
      ++summary_.rejects_open;
    }
  }
  return {};
}

/// Layout ndjson: the parts of all tenants that are complete come into the tree at once.
Result<void> ExportRun::commit_packed() {
  if (!packed_ || options_.dry_run) return {};
  const bool full = options_.mode == Mode::full;
  if (publisher_->failure() || (full && !is_complete())) return {};  // The old parts stand.
  const auto job_of = [this](const std::string& tenant) {
    return std::ranges::find_if(jobs_,
                                [&](const Job& job) { return job.window && job.tenant == tenant; });
  };
  Result<PackedTree::Counts> counts = packed_->commit(
      *index_,
      [&](const std::string& tenant) {
        const auto job = job_of(tenant);
        return job == jobs_.end() || job->is_done();
      },
      [&](const std::string& tenant) {
        const auto job = job_of(tenant);
        return job == jobs_.end() ? watermark::Window{} : *job->window;
      },
      covers_all(), options_.prune);
  if (!counts) return fail(std::move(counts.error()));
  packed_committed_ = true;
  // A tenant that failed keeps its rejects for the next run.
  const std::vector<Key> mended = is_complete() ? publisher_->mended_rows() : std::vector<Key>{};
  for (const Key& key : mended) {
    if (Result<void> erased = index_->erase_reject(key); !erased) return erased;
  }
  summary_.files_written = counts->parts_written;
  summary_.files_removed = counts->parts_removed;
  summary_.bytes_written = counts->bytes_written;
  summary_.rows_gone = counts->rows_gone;
  for (const std::string& folder : counts->gone_folders) {
    summary_.gone_examples.push_back({Key(), folder});
  }
  return {};
}

Result<void> ExportRun::find_gone() {
  if (packed_) return {};
  if (!covers_all() || !is_complete()) return {};
  std::vector<std::int64_t> gone;
  for (std::int64_t id = 1; id <= max_id_; ++id) {
    if (publisher_->seen(id)) continue;
    const Result<std::optional<NameOwner>> row = index_->by_id(id);
    if (!row) return std::unexpected(row.error());
    if (!*row) continue;
    gone.push_back(id);
    if (summary_.gone_examples.size() < examples_max) {
      summary_.gone_examples.push_back({(*row)->key, (*row)->file.path.text()});
    }
  }
  summary_.rows_gone = gone.size();
  return options_.prune && !gone.empty() ? prune(gone) : Result<void>{};
}

Result<void> ExportRun::prune(const std::vector<std::int64_t>& ids) {
  if (environment_.confirm_prune && !environment_.confirm_prune(summary_)) return {};
  summary_.gone_removed = ids.size();
  if (options_.dry_run) return {};
  Result<TreeFolder> tree = TreeFolder::open(options_.output, false);
  if (!tree) return fail(std::move(tree.error()));
  std::vector<std::string> paths;
  if (Result<void> begun = index_->begin(); !begun) return begun;
  for (const std::int64_t id : ids) {
    const Result<std::optional<NameOwner>> row = index_->by_id(id);
    if (!row) return std::unexpected(row.error());
    if (!*row) continue;
    paths.push_back((*row)->file.path.text());
    if (Result<void> noted = index_->add_removal(paths.back()); !noted) return noted;
    if (Result<void> erased = index_->erase(id); !erased) return erased;
  }
  if (Result<void> committed = index_->commit(); !committed) return committed;
  for (const std::string& path : paths) {
    if (Result<void> removed = tree->remove(path); !removed) return removed;
  }
  summary_.files_removed += paths.size();
  return index_->clear_removals();
}

void ExportRun::sum_up() {
  std::set<std::string> tenants_with_rows;
  for (const GroupCount& group : groups_.all()) {
    tenants_with_rows.insert(group.tenant);
    ++summary_.groups_total;
    group.failed > 0 ? ++summary_.groups_failed : ++summary_.groups_ok;
    summary_.rows_read += group.rows;
    summary_.rows_written += group.written;
    summary_.files_unchanged += group.unchanged;
    summary_.rejected += group.rejected;
    summary_.files_failed += group.failed;
    if (group.failed > 0) summary_.failed_groups.push_back(group);
  }
  summary_.findings = publisher_->findings();
  const std::uint64_t accounted =
      summary_.rows_written + summary_.files_unchanged + summary_.rejected + summary_.files_failed;
  if (accounted != summary_.rows_read) {
    summary_.errors.push_back(make_error(
        ErrorKind::corrupt,
        {"{} rows were read, but {} are accounted for (written, unchanged, rejected, failed)",
         "读到 {} 行，但只有 {} 行有去向（写入、未变化、拒收、失败）"},
        summary_.rows_read, accounted));
  }
  std::set<std::string> tenants = tenants_with_rows;
  const PublishCounts counts = publisher_->counts();
  summary_.files_written += counts.written;
  summary_.files_removed += counts.removed;
  summary_.collisions = counts.collisions;
  summary_.bytes_written += counts.bytes_written;

  for (const Job& job : jobs_) {
    const std::optional<Error> error = job.error();
    if (error && summary_.errors.size() < examples_max &&
        std::ranges::none_of(summary_.errors,
                             [&](const Error& e) { return e.what.en == error->what.en; })) {
      summary_.errors.push_back(*error);
    }
    if (!job.window) continue;
    tenants.insert(job.tenant);
    if (!tenants_with_rows.contains(job.tenant)) {
      ++summary_.groups_total;
      error ? ++summary_.groups_failed : ++summary_.groups_empty;
    }
    TenantReport report{
        .tenant = job.tenant,
        .from = job.window->after,
        .to = error || job.window->empty() || options_.limit || !options_.countries.empty()
                  ? job.window->after
                  : job.window->upto,
        .records = job.exported(),
        .error = error};
    if (error) {
      report.status = watermark::TenantStatus::failed;
    } else if (job.rejected.load() > 0) {
      report.status = watermark::TenantStatus::partial;
    }
    summary_.tenants.push_back(std::move(report));
  }
  summary_.tenants_total = tenants.size();
  if (summary_.boundary && !summary_.boundary->missing_grant.empty()) {
    summary_.notes.push_back(
        say({"the user lacks {}: transactions of others cannot be seen, only the margin protects "
             "against late commits",
             "账号缺少 {} 权限：看不到其他会话的事务，只有安全边界能防止迟到的提交"},
            summary_.boundary->missing_grant));
  }
}

}  // namespace tidemark::exporter
