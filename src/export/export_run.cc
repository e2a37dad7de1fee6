#include "export/export_run.h"

#include <fmt/chrono.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "export/accepted_rejects.h"
#include "export/enclosing_tree.h"
#include "export/filter_notes.h"
#include "export/gone_groups.h"
#include "export/gone_rows.h"
#include "export/key_notes.h"
#include "export/progress_marks.h"
#include "export/summing_up.h"
#include "export/unseen_files.h"

namespace tidemark::exporter {

ExportRun::ExportRun(Environment environment, TableSpec spec, ExportOptions options)
    : environment_(std::move(environment)),
      spec_(std::move(spec)),
      options_(std::move(options)),
      tree_(options_.output, options_.dry_run) {
  tree_.without_index = environment_.without_index;
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
  if (const std::uint64_t tenants = plan_.tenants_total.load(); tenants > 0) {
    progress.tenants_total = tenants;
    progress.tenants_ended = plan_.tenants_ended.load();
    progress.running = counts_.running();
  }
  return progress;
}

Result<ExportSummary> ExportRun::run() {
  Result<ExportSummary> summary = lock_to_summary();
  if (!summary && summary.error().kind == ErrorKind::corrupt) tree_.examine_damage();
  return summary;
}

Result<void> ExportRun::put_index_aside() {
  crew_.reset();
  return tree_.put_index_aside();
}

Result<ExportSummary> ExportRun::lock_to_summary() {
  const SteadyTime start = environment_.clock.steady();
  if (Result<void> ready = prepare(); !ready) return fail(std::move(ready.error()));
  if (Result<void> done = work(); !done) return fail(std::move(done.error()));
  publish_packed();
  if (!options_.dry_run) {
    if (Result<void> cleaned = Staging::clean(tree_.state_directory); !cleaned) {
      summary_.errors.push_back(cleaned.error());
    }
  }
  if (const std::optional<Error> damage = index_damage()) return fail(*damage);
  if (const std::optional<Error> failure = crew_->publisher().failure()) {
    summary_.errors.push_back(*failure);
  } else {
    if (Result<void> closed = close_rejects(); !closed) return fail(std::move(closed.error()));
    if (Result<void> gone = look_for_gone(); !gone) return fail(std::move(gone.error()));
  }
  for (Result<void> (ExportRun::*step)() :
       {&ExportRun::move_watermarks, &ExportRun::settle_lines, &ExportRun::save_coverage}) {
    if (Result<void> saved = (this->*step)(); !saved) summary_.errors.push_back(saved.error());
  }
  sum_up(groups_, crew_->publisher(), plan_, summary_);
  summary_.seconds = std::chrono::duration<double>(environment_.clock.steady() - start).count();
  return summary_;
}

Result<void> ExportRun::prepare() {
  now_text_ = fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                          std::chrono::floor<std::chrono::seconds>(environment_.clock.wall()));
  Result<PathTemplate> path = PathTemplate::parse(spec_.path);
  if (!path) return fail(std::move(path.error()));
  path_ = std::move(*path);
  if (Result<void> possible = check_options(); !possible) return possible;
  for (Result<void> (ExportRun::*step)() : {&ExportRun::check_place, &ExportRun::open_source,
                                            &ExportRun::open_tree, &ExportRun::plan}) {
    if (Result<void> done = (this->*step)(); !done) return done;
  }
  return {};
}

Result<void> ExportRun::check_options() const {
  if (!options_.countries.empty() && spec_.country.empty()) {
    return fail(ErrorKind::usage,
                {"export.{}.country_column is empty: there are no countries to choose",
                 "export.{}.country_column 为空：无法按国家筛选"},
                spec_.name);
  }
  if (!options_.retried_rejects || options_.layout != Layout::ndjson) return {};
  return fail(make_error(ErrorKind::unsupported,
                         {"single rows of a packed tree (layout ndjson) cannot be written anew",
                          "打包目录（ndjson 布局）无法单独重写某些行"})
                  .with_hint({"an incremental run retries all rejects: tidemark export {} -i",
                              "增量运行会重试全部拒收记录：tidemark export {} -i"},
                             spec_.name));
}

Result<void> ExportRun::check_place() {
  Result<std::optional<std::string>> tree = check_enclosing_tree(options_.output, spec_.name);
  if (!tree) return fail(std::move(tree.error()));
  enclosing_tree_ = std::move(*tree);
  if (!enclosing_tree_) return {};
  // Whole groups that no row belongs to may be the other's.
  if (options_.layout == Layout::ndjson) options_.prune = false;
  summary_.notes.push_back(
      say({"{} lies in {}, which is the tree of another export: what belongs to no row here may be "
           "the other's, so no sweep and no --prune of packed groups removes it; move this tree "
           "outside",
           "{} 位于 {} 之内，而后者是另一个导出的目录：此处不属于任何行的文件可能是对方的，"
           "因此巡检和打包分组的 --prune 都不会移除它们；请将本目录移到其外"},
          options_.output, *enclosing_tree_));
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
  if (table_->needs_utc()) {
    table_->show_date_in(options_.zone);
    options_.zone = table_->run_zone(options_.zone);
    // Marks of an older version may be in local time: they go back by a day, which loses nothing.
    options_.confirm_zone = true;
    if (Result<void> set = connection_->set_zone(options_.zone); !set) return set;
  }
  if (options_.mode == Mode::incremental && spec_.update_time.empty()) {
    return fail(ErrorKind::invalid_config,
                {"export.{}.update_time_column is empty: only full exports are possible",
                 "export.{}.update_time_column 为空：只能全量导出"},
                spec_.name);
  }
  if (options_.mode == Mode::incremental) return table_->check_update_time(*connection_);
  return {};
}

Result<void> ExportRun::open_tree() {
  if (Result<void> locked = tree_.lock(environment_.clock, summary_.notes); !locked) return locked;
  const Result<sql::ServerInfo> server = connection_->server();
  if (!server) return std::unexpected(server.error());
  Result<SourceCheck> check =
      check_source({.zone = options_.zone.empty() ? server->zone : options_.zone,
                    .source = environment_.source,
                    .table = spec_.table,
                    .layout = options_.layout == Layout::files ? "files" : "ndjson",
                    .name = spec_.name,
                    .key = RecordedKey::of(table_->spec().key, table_->key_type()),
                    .selection = Selection::of(spec_),
                    .trimmed = !table_->has_padding()},
                   options_, spec_.name, tree_.state_directory);
  if (!check) return fail(std::move(check.error()));
  std::ranges::move(check->notes, std::back_inserter(summary_.notes));
  if (!check->may_prune) options_.prune = false;
  if (check->keeps_padding) table_->keep_padding();
  stepped_back_ = std::move(check->stepped_back);
  if (check->is_another_key) {
    if (Result<void> aside = tree_.put_key_aside(); !aside) return aside;
    // As long as it says the old key, what lies there is put aside: that must not be the new index
    // too, over the old one.
    if (Result<void> kept = remember_source(*check); !kept) return kept;
  }
  Result<void> opened = tree_.open_index(now_text_, summary_.notes);
  summary_.errors = tree_.not_removed;
  if (!opened) return opened;
  if (check->is_another_source) {
    if (Result<void> forgotten = tree_.forget_coverage(); !forgotten) return forgotten;
  }
  return remember_source(*check);
}

Result<void> ExportRun::remember_source(SourceCheck& check) const {
  const std::optional<SourceRecord> record = std::exchange(check.to_remember, std::nullopt);
  if (!record || options_.dry_run) return {};
  return record->save(tree_.state_directory);
}

Result<void> ExportRun::plan() {
  if (Result<void> planned = plan_export(*connection_, *table_, options_, tree_, stepped_back_,
                                         environment_.clock, plan_);
      !planned) {
    return planned;
  }
  if (log_enabled(LogLevel::debug)) {
    log_line(LogLevel::debug,
             fmt::format("table {} of {}, into {}, {} threads{}", spec_.table, environment_.source,
                         options_.output, options_.threads,
                         plan_.boundary ? ", up to " + plan_.boundary->upto.text() : ""));
  }
  summary_.boundary = plan_.boundary;
  summary_.notes.insert(summary_.notes.end(), plan_.notes.begin(), plan_.notes.end());
  if (!table_->moving_key_columns().empty()) summary_.notes.push_back(moving_key_note(*table_));
  rows_expected_ = plan_.rows_expected.value_or(0);
  return {};
}

Result<void> ExportRun::work() {
  Result<std::unique_ptr<WorkerCrew>> crew =
      WorkerCrew::start({.connect = environment_.connect,
                         .clock = environment_.clock,
                         .stop = environment_.stop,
                         .options = options_,
                         .table = *table_,
                         .path = *path_,
                         .tree = tree_,
                         .index = *tree_.index,
                         .journal = tree_.journal ? &*tree_.journal : nullptr,
                         .plan = plan_,
                         .groups = groups_,
                         .counts = counts_,
                         .now_text = now_text_});
  if (!crew) return fail(std::move(crew.error()));
  crew_ = std::move(*crew);
  const auto save = [this, told = std::string()]() mutable {
    const Result<void> saved = move_watermarks();
    // Somebody may be at the file with an editor: how it ends is judged by the last saving.
    if (saved || saved.error().what.en == told) return;
    told = saved.error().what.en;
    log_line(LogLevel::warning, told);
  };
  if (Result<void> worked = crew_->work(save); !worked) return worked;
  crew_->publisher().drain();
  // Counts as stopped also if the signal came after the last slice: not everything was tried.
  summary_.stopped_by = environment_.stop.signal();
  if (summary_.stopped_by == 0) {
    if (Result<void> again = crew_->read_again(); !again) return again;
    summary_.stopped_by = environment_.stop.signal();
  }
  crew_->publisher().finish();
  return {};
}

std::optional<Error> ExportRun::index_damage() {
  const auto is_corrupt = [](const std::optional<Error>& error) {
    return error && error->kind == ErrorKind::corrupt;
  };
  if (const std::optional<Error> failure = crew_->publisher().failure(); is_corrupt(failure)) {
    return failure;
  }
  for (const Job& job : plan_.jobs) {
    const std::optional<Error> error = job.error();
    if (is_corrupt(error) && tree_.index->is_damaged()) return error;
  }
  return std::nullopt;
}

void ExportRun::publish_packed() {
  PackedTree* const packed = crew_->packed();
  if (!packed) return;
  packed_end_ = end_packed({.options = options_,
                            .stop = environment_.stop,
                            .publisher = crew_->publisher(),
                            .packed = *packed,
                            .index = *tree_.index,
                            .plan = plan_,
                            .groups = groups_});
  if (packed_end_->failure) {
    if (packed_end_->failure->kind == ErrorKind::cancelled) {
      summary_.stopped_by = environment_.stop.signal();
    }
    summary_.errors.push_back(*packed_end_->failure);
  } else if (!packed_end_->published) {
    summary_.notes.push_back({"no part was published: what the tree held before stands",
                              "未发布任何分片：目录中原有内容不变"});
  }
  const PackedTree::Commit& commit = packed_end_->commit;
  const bool keeps_parts = options_.mode == Mode::full && commit.parts_kept > 0;
  if (keeps_parts && !options_.covers_all()) {
    summary_.notes.push_back(kept_parts_of_some(commit.parts_kept, options_.output));
  } else if (keeps_parts) {
    summary_.notes.push_back(
        {"the old parts stay beside the new ones, since rows that failed or were rejected may have "
         "their last lines there; the first full export without such a failure replaces them",
         "旧分片与新分片并存：失败或被拒收的行，其最后内容可能在旧分片中；"
         "首次没有此类失败的全量导出会将其替换"});
  }
  summary_.files_written = commit.parts_written;
  summary_.files_removed = commit.parts_removed;
  summary_.bytes_written = commit.bytes_written;
  summary_.errors.insert(summary_.errors.end(), commit.failures.begin(), commit.failures.end());
}

Result<void> ExportRun::close_rejects() {
  const bool all_tried =
      options_.tenants.empty() && options_.countries.empty() && !options_.limit && is_complete();
  const Result<std::vector<Reject>> rejects = tree_.index->rejects();
  if (!rejects) return std::unexpected(rejects.error());
  plan_.rejecting.clear();
  for (const Reject& reject : *rejects) {
    if (all_tried && plan_.retried_rejects.contains(reject.key) &&
        !crew_->publisher().met_rejects().contains(reject.key)) {
      if (Result<void> erased = tree_.index->erase_reject(reject.key); !erased) return erased;
    } else if (!reject.accepted) {
      ++summary_.rejects_open;
      plan_.rejecting.add(reject);
    }
  }
  plan_.rejects_closed = true;
  if (options_.dry_run) return {};
  return accepted_rejects::keep(*tree_.index, tree_.state_directory);
}

Result<void> ExportRun::look_for_gone() {
  if (!options_.covers_all() || !is_complete()) return {};
  return crew_->packed() ? look_for_gone_groups() : look_for_gone_rows();
}

bool ExportRun::may_prune() const {
  return options_.prune && (!environment_.confirm_prune || environment_.confirm_prune(summary_));
}

Result<void> ExportRun::look_for_gone_groups() {
  // Where nothing was, nothing can be gone.
  if (!packed_end_->published || packed_end_->damage || !tree_.may_have_files) return {};
  const Result<Nobodys> nobodys = Nobodys::of(*tree_.index, options_.output, options_.dry_run);
  if (!nobodys) return std::unexpected(nobodys.error());
  const Result<GoneGroups> gone =
      find_gone_groups(options_.output, packed_end_->standing, *nobodys);
  if (!gone) {
    // What this run published stands.
    summary_.errors.push_back(gone.error());
    return {};
  }
  std::ranges::copy(gone->failures, std::back_inserter(summary_.errors));
  summary_.rows_gone = gone->rows;
  summary_.gone_examples = gone->examples;
  if (gone->folders.empty() || !may_prune()) return {};
  const Result<RemovedGroups> removed =
      options_.dry_run ? RemovedGroups{.rows = gone->rows, .parts = gone->parts}
                       : remove_gone_groups(*tree_.index, options_.output, gone->folders);
  if (!removed) return std::unexpected(removed.error());
  summary_.gone_removed = removed->rows;
  summary_.files_removed += removed->parts;
  summary_.errors.insert(summary_.errors.end(), removed->failures.begin(), removed->failures.end());
  return {};
}

Result<void> ExportRun::look_for_gone_rows() {
  Result<GoneRows> gone = find_gone(
      *tree_.index, tree_.max_id, [this](std::int64_t id) { return crew_->publisher().seen(id); });
  if (!gone) return fail(std::move(gone.error()));
  summary_.rows_gone = gone->ids.size();
  summary_.gone_examples = std::move(gone->examples);
  Result<UnknownFiles> found = look_for_unknown();
  if (!found) return fail(std::move(found.error()));
  const UnknownFiles unknown = std::move(*found);
  const bool applies_sweep = options_.sweep && !options_.dry_run && !enclosing_tree_;
  if (applies_sweep && unknown.exported.empty()) {
    if (Result<void> seen = unseen_files::are_none(*tree_.index); !seen) return seen;
  }
  if ((gone->ids.empty() && unknown.exported.empty()) || !may_prune()) return {};
  Result<RemovedGone> removed =
      options_.dry_run ? RemovedGone{.gone = gone->ids.size(), .unknown = unknown.exported.size()}
                       : remove_gone(*tree_.index, options_.output, gone->ids, unknown.exported);
  if (!removed) return std::unexpected(removed.error());
  summary_.gone_removed = removed->gone;
  summary_.unknown_removed = removed->unknown;
  summary_.files_removed += removed->gone + removed->unknown;
  summary_.errors.insert(summary_.errors.end(), removed->failures.begin(), removed->failures.end());
  if (!applies_sweep || removed->unknown != unknown.exported.size()) return {};
  return unseen_files::are_none(*tree_.index);
}

/// Nothing unless it is a sweep: then what the run does not look for is noted.
Result<UnknownFiles> ExportRun::look_for_unknown() {
  if (!options_.sweep) {
    const Result<bool> unseen = unseen_files::may_be(*tree_.index);
    if (!unseen) return std::unexpected(unseen.error());
    if (*unseen && !enclosing_tree_) {
      summary_.notes.push_back(unseen_files::note(spec_.name, options_.output));
    }
    return UnknownFiles{};
  }
  Result<UnknownFiles> unknown =
      find_unknown_files(options_.output, *tree_.index, *path_, crew_->publisher().rejected_names(),
                         environment_.stop);
  if (!unknown) return unknown;
  if (enclosing_tree_) unknown->disown();
  summary_.files_unknown = unknown->exported.size();
  summary_.unknown_examples = unknown->exported_examples();
  summary_.files_foreign = unknown->foreign;
  summary_.foreign_examples = unknown->foreign_examples;
  return unknown;
}

Result<void> ExportRun::move_watermarks() {
  if (!options_.moves_watermarks() || !jobs_are_published()) return {};
  return save_watermarks(watermark::StateFile(tree_.state_directory), plan_);
}

Result<void> ExportRun::settle_lines() {
  if (!options_.retried_rejects || options_.dry_run) return {};
  const std::string before = state_hash();
  Result<void> saved = save_watermarks(watermark::StateFile(tree_.state_directory), plan_);
  if (!saved) return saved;
  // What somebody edited meanwhile is for the next run to find.
  if (!plan_.hand_edited.empty()) return {};
  // Else the next run would take the line for one that somebody edited.
  const Result<std::string> remembered = tree_.index->meta("state_hash");
  if (!remembered) return std::unexpected(remembered.error());
  if (*remembered != before) return {};
  return tree_.index->set_meta("state_hash", state_hash());
}

std::string ExportRun::state_hash() const {
  return short_hash(watermark::format_state(plan_.state_on_disk));
}

Result<void> ExportRun::save_coverage() {
  if (options_.dry_run) return {};
  TreeIndex& index = *tree_.index;
  if (Result<void> begun = index.begin(); !begun) return begun;
  Result<void> covered;
  if (options_.moves_watermarks()) {
    covered = cover_windows(index, plan_.jobs);
    if (covered) covered = remember_searches();
    if (covered) covered = remember_state();
    if (covered) covered = remember_read_from();
  } else if (options_.covers_all() && is_complete()) {
    covered = cover_tenants(index, groups_);
  }
  if (!covered) return covered;
  if (Result<void> settled = index.settle_names(); !settled) return settled;
  return index.commit();
}

bool ExportRun::is_of_all_unedited() const {
  return options_.tenants.empty() && summary_.stopped_by == 0 && plan_.hand_edited.empty();
}

/// When this run looked for what is looked for once a day.
Result<void> ExportRun::remember_searches() {
  const auto remember = [this](std::string_view meta, const std::optional<CivilTime>& time) {
    return time ? tree_.index->set_meta(meta, time->floor_to(0).text()) : Result<void>();
  };
  // Its note is in the summary, however the run ended.
  if (Result<void> kept = remember(stamps_ahead_meta, plan_.stamps_ahead_searched); !kept) {
    return kept;
  }
  // Only where every tenant that was found has a line.
  return is_of_all_unedited() ? remember(spellings_meta, plan_.spellings_searched) : Result<void>();
}

/// Unedited from here on, and complete: every tenant that there is has a line. Else the next run
/// looks for further spellings of tenants among all rows.
Result<void> ExportRun::remember_state() {
  if (!is_of_all_unedited()) return {};
  return tree_.index->set_meta("state_hash", short_hash(watermark::format_state(plan_.state)));
}

/// What bears a stamp up to the boundary is exported now, however often the clock showed it.
Result<void> ExportRun::remember_read_from() {
  if (!plan_.set_back || !options_.tenants.empty() || !is_complete()) return {};
  if (!plan_.hand_edited.empty()) return {};
  SetBack back = *plan_.set_back;
  const CivilTime upto = plan_.boundary->upto;
  const bool passed = std::ranges::none_of(plan_.state, [&](const auto& line) {
    return line.second.mark > upto && back.is_ours(line.second.mark);
  });
  if (passed) return remember_set_back(*tree_.index, std::nullopt);
  // In the first minutes the boundary lies before it.
  back.read_from = std::max(back.read_from, upto);
  return remember_set_back(*tree_.index, back);
}

bool ExportRun::is_complete() const {
  return summary_.stopped_by == 0 && !crew_->publisher().failure() &&
         std::ranges::none_of(plan_.jobs, [](const Job& job) { return job.error().has_value(); });
}

}  // namespace tidemark::exporter
