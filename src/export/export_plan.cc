#include "export/export_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <set>
#include <span>

#include "base/bytes.h"
#include "base/log.h"
#include "export/filter_notes.h"
#include "export/tenants.h"
#include "sql/rows.h"

namespace tidemark::exporter {
namespace {

constexpr std::size_t keys_per_slice = 200;

/// NULL, the empty text and UNKNOWN are one country, NULL and the empty text one tenant.
constexpr std::uint64_t spellings_max = 6;

Result<void> restrict_to_groups(sql::Connection& connection, SourceTable& table,
                                std::uint64_t limit) {
  const std::uint64_t rows_max = std::numeric_limits<std::int64_t>::max() / spellings_max;
  const Statement query = table.groups(std::min(limit, rows_max) * spellings_max);
  Result<std::unique_ptr<sql::Cursor>> cursor = connection.query(query.sql, query.params);
  if (!cursor) return fail(std::move(cursor.error()));
  std::set<std::pair<std::string, std::string>> groups;
  while (groups.size() < limit) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    const std::string_view country = (*cursor)->at(1).value_or("");
    groups.emplace((*cursor)->at(0).value_or(""), country.empty() ? unknown_country : country);
  }
  table.set_groups({groups.begin(), groups.end()});
  return {};
}

Result<void> measure_sweep(sql::Connection& connection, const SourceTable& table,
                           const HeldTree& tree, ExportPlan& plan) {
  Result<watermark::State> state = watermark::StateFile(tree.state_directory).load();
  if (!state) return fail(std::move(state.error()));
  plan.state = std::move(*state);
  const Result<CivilTime> now = connection.now();
  if (!now) return std::unexpected(now.error());
  plan.sweep = {.marks = &plan.state,
                .now = *now,
                .whole_days = table.stamps_whole_days(),
                .tenants_need_bytes = table.tenants_need_bytes()};
  return {};
}

Result<void> plan_table(sql::Connection& connection, const SourceTable& table,
                        const ExportOptions& options, const HeldTree& tree, ExportPlan& plan) {
  if (options.sweep) {
    if (Result<void> measured = measure_sweep(connection, table, tree, plan); !measured) {
      return measured;
    }
  }
  Slice slice;
  if (options.since) {
    slice.window = watermark::Window{.after = *options.since,
                                     .upto = *CivilTime::parse("9999-12-31 23:59:59")};
  }
  Job& job = plan.jobs.emplace_back();
  job.pending = static_cast<int>(table.batches());
  for (std::size_t batch = 0; batch < table.batches(); ++batch) {
    slice.batch = batch;
    plan.queue.put({.job = &job, .slice = slice});
  }
  if (options.covers_all()) {
    const Statement estimate = table.estimate();
    const Result<std::optional<std::string>> rows =
        sql::query_value(connection, estimate.sql, estimate.params);
    if (rows && *rows) plan.rows_expected = std::strtoull(rows->value().c_str(), nullptr, 10);
  }
  return {};
}

/// Whether what is looked for once a day, by the database's clock, is due. A little earlier, or a
/// daily run that begins some seconds before yesterday's time would put it off for another day.
Result<bool> is_due(TreeIndex& index, std::string_view meta, CivilTime now) {
  constexpr std::chrono::hours interval{20};
  const Result<std::string> last = index.meta(meta);
  if (!last) return std::unexpected(last.error());
  const std::optional<CivilTime> searched = CivilTime::parse(*last);
  return !searched || *searched > now || now - *searched >= interval;
}

/// Whether all rows are to be looked at for further spellings of tenants, and not only the latest:
/// a new spelling may come with old stamps.
Result<bool> spellings_are_due(const SourceTable& table, const ExportOptions& options,
                               HeldTree& tree, CivilTime now) {
  // A run that gives tenants no watermark could find them each time.
  if (!table.tenants_need_bytes() || !options.countries.empty() || options.limit) return false;
  return is_due(*tree.index, spellings_meta, now);
}

/// The tenants of the table and of the state file.
Result<std::vector<std::string>> tenants_to_read(sql::Connection& connection,
                                                 const SourceTable& table,
                                                 const ExportOptions& options, HeldTree& tree,
                                                 ExportPlan& plan) {
  std::vector<std::string> known;
  CivilTime oldest = plan.boundary->upto;
  for (const auto& [tenant, entry] : plan.state) {
    known.push_back(tenant);
    oldest = std::min(oldest, tree.covered.contains(tenant) ? entry.mark : CivilTime::baseline());
  }
  if (plan.set_back) oldest = std::min(oldest, plan.set_back->read_from);
  const Result<std::string> last_state = tree.index->meta("state_hash");
  if (!last_state) return std::unexpected(last_state.error());
  const bool edited = *last_state != short_hash(watermark::format_state(plan.state));
  const Result<bool> due = spellings_are_due(table, options, tree, plan.boundary->now);
  if (!due) return std::unexpected(due.error());
  if (plan.state.empty() || edited || *due) oldest = CivilTime::baseline();
  if (oldest == CivilTime::baseline()) plan.spellings_searched = plan.boundary->now;
  return find_tenants(connection, table, known, {.after = oldest, .upto = plan.boundary->upto});
}

/// A name that was given, and that neither the state nor any row has: most likely misspelt. A
/// watermark for it would only be in the way.
Result<bool> is_unheard_of(sql::Connection& connection, const SourceTable& table,
                           const std::string& tenant, const watermark::State& state) {
  if (table.filter().tenants.empty() || state.contains(tenant)) return false;
  const Statement query = table.exists({.tenant = tenant});
  const Result<std::optional<std::string>> row =
      sql::query_value(connection, query.sql, query.params);
  if (!row) return std::unexpected(row.error());
  return !row->has_value();
}

/// Where summer time ends, the clock goes back by an hour, or half of one, or two.
constexpr std::chrono::hours summer_time_max{2};

Message set_back_note(const SetBack& back) {
  Message note =
      say({"the database's clock was set back: rows stamped after {} are read, also those that "
           "watermarks have passed",
           "数据库时钟曾被回拨：将读取更新时间在 {} 之后的数据，包括水位已越过的数据"},
          back.read_from.text());
  if (back.by && *back.by <= summer_time_max) {
    note.en += " (the end of summer time, perhaps)";
    note.zh += "（可能是夏令时结束）";
  }
  return note;
}

/// Kept in the index together with the new reading, so that a run that is killed loses neither.
Result<void> follow_clock(const watermark::ClockReading& now, bool whole_days, HeldTree& tree,
                          ExportPlan& plan) {
  Result<std::optional<SetBack>> found = find_set_back(*tree.index, now, plan.state, whole_days);
  if (!found) return std::unexpected(found.error());
  plan.set_back = *found;
  if (plan.set_back) plan.notes.push_back(set_back_note(*plan.set_back));
  if (!tree.dry_run) {
    if (Result<void> begun = tree.index->begin(); !begun) return begun;
  }
  if (plan.set_back && plan.set_back->by) {
    // Nobody can say of a later stamp that it is exported: it may be given a second time. Tenants
    // that are read cover it again, one by one.
    for (auto& [tenant, upto] : tree.covered) {
      if (upto <= plan.set_back->read_from) continue;
      upto = plan.set_back->read_from;
      if (tree.dry_run) continue;
      if (Result<void> set = tree.index->set_covered(tenant, upto); !set) return set;
    }
    plan.covered = tree.covered;
  }
  if (tree.dry_run) return {};
  if (plan.set_back) {
    if (Result<void> kept = remember_set_back(*tree.index, plan.set_back); !kept) return kept;
  }
  if (Result<void> kept = remember_clock(*tree.index, now); !kept) return kept;
  return tree.index->commit();
}

/// Rows stamped so far ahead that waiting for the time to come is no answer. Looked for once a day,
/// and by a run that begins from the baseline: what is new bears other stamps, as a rule, and a run
/// that finds nothing new is to cost little. Without an index it would take a pass over the table;
/// there only a sweep tells.
Result<void> note_stamps_ahead(sql::Connection& connection, const SourceTable& table,
                               const ExportOptions& options, HeldTree& tree, ExportPlan& plan) {
  constexpr std::size_t examples_max = 3;
  if (!options.tenants.empty() || !options.countries.empty() || options.limit) return {};
  const Result<bool> due = is_due(*tree.index, stamps_ahead_meta, plan.boundary->now);
  if (!due) return std::unexpected(due.error());
  if (!*due && !plan.spellings_searched) return {};
  const std::optional<Statement> query = table.stamped_after(plan.boundary->now + ahead_max);
  if (!query) return {};
  const auto tenants =
      sql::all_rows(connection.query(query->sql, query->params), [](const sql::Cursor& row) {
        return fmt::format("{} ({})", printable(row.at(0).value_or("")),
                           printable(row.at(1).value_or("")));
      });
  if (!tenants) {
    if (tenants.error().kind == ErrorKind::unreachable) return std::unexpected(tenants.error());
    // A note is no reason not to export.
    log_line(LogLevel::warning, tenants.error().what.en);
    return {};
  }
  plan.stamps_ahead_searched = plan.boundary->now;
  if (tenants->empty()) return {};
  const std::size_t shown = std::min(examples_max, tenants->size());
  const auto examples = std::span(*tenants).first(shown);
  Message which = say({"{}", "{}"}, fmt::join(examples, ", "));
  if (const std::size_t more = tenants->size() - shown; more > 0) {
    which.en += fmt::format(" and {} more", more);
    which.zh += fmt::format("，另有 {} 个", more);
  }
  plan.notes.push_back(
      {fmt::format(
           "rows are stamped more than a day after the database's clock, and no incremental "
           "run exports them until then: of {} {}; correct their stamps (a full export "
           "exports them as they are). This is looked for once a day",
           tenants->size() == 1 ? "tenant" : "tenants", which.en),
       fmt::format("有行的更新时间比数据库时钟晚一天以上，到那时之前增量运行不会导出它们：租户 {}；"
                   "请更正更新时间（全量导出会照原样导出）。每天查找一次",
                   which.zh)});
  return {};
}

/// Where the window of a tenant begins that has a watermark, and whose files the index knows.
CivilTime begin_of(CivilTime mark, CivilTime covered, const ExportPlan& plan) {
  if (!plan.set_back) return mark;
  return std::min(mark, std::max(plan.set_back->read_from, covered));
}

Result<void> plan_tenants(sql::Connection& connection, const SourceTable& table,
                          const ExportOptions& options, HeldTree& tree,
                          const std::optional<watermark::State>& stepped_back, const Clock& clock,
                          ExportPlan& plan) {
  const watermark::StateFile state_file(tree.state_directory);
  Result<watermark::State> state =
      stepped_back ? Result<watermark::State>(*stepped_back) : state_file.load();
  if (!state) return fail(std::move(state.error()));
  plan.state = std::move(*state);
  plan.state_on_disk = plan.state;

  watermark::ClockReading clocks = watermark::read_clocks(clock);
  const bool whole_days = table.stamps_whole_days();
  Result<watermark::Boundary> boundary =
      watermark::fix_boundary(connection, {.margin = options.margin,
                                           .fence = options.fence,
                                           .decimals = table.update_column()->decimals,
                                           .whole_days = whole_days});
  if (!boundary) return fail(std::move(boundary.error()));
  plan.boundary = *boundary;
  if (!options.dry_run) {
    if (Result<void> saved = state_file.back_up(boundary->now); !saved) return saved;
  }
  clocks.database = boundary->now;
  if (Result<void> followed = follow_clock(clocks, whole_days, tree, plan); !followed)
    return followed;

  const Result<std::vector<std::string>> tenants =
      tenants_to_read(connection, table, options, tree, plan);
  if (!tenants) return std::unexpected(tenants.error());
  if (Result<void> noted = note_stamps_ahead(connection, table, options, tree, plan); !noted) {
    return noted;
  }
  std::vector<std::string> without_rows;
  for (const std::string& tenant : *tenants) {
    if (!table.may_have(tenant)) continue;
    const Result<bool> unheard_of = is_unheard_of(connection, table, tenant, plan.state);
    if (!unheard_of) return std::unexpected(unheard_of.error());
    if (*unheard_of) {
      without_rows.push_back(tenant);
      continue;
    }
    const auto entry = plan.state.find(tenant);
    watermark::Window window{.after = CivilTime::baseline(), .upto = boundary->upto};
    const auto covered = tree.covered.find(tenant);
    if (entry != plan.state.end() && covered != tree.covered.end()) {
      window.after = begin_of(entry->second.mark, covered->second, plan);
    }
    if (options.since) window.after = std::max(window.after, *options.since);
    if (log_enabled(LogLevel::debug)) {
      log_line(LogLevel::debug,
               fmt::format("tenant {}: {} -> {}", tenant, window.after.text(), window.upto.text()));
    }
    Job& job = plan.jobs.emplace_back();
    job.tenant = tenant;
    job.window = window;
    job.is_first = entry == plan.state.end() || entry->second.mark <= CivilTime::baseline();
    if (window.empty()) {
      job.pending = 0;
      continue;
    }
    job.ended_jobs = &plan.tenants_ended;
    plan.tenants_total.fetch_add(1);
    plan.queue.put({.job = &job, .slice = {.tenant = tenant, .window = window}});
  }
  if (options.countries.empty()) {
    std::ranges::transform(without_rows, std::back_inserter(plan.notes), no_rows_of_tenant);
  } else if (!without_rows.empty()) {
    plan.notes.push_back(no_rows_of_both(without_rows, options.countries));
  }
  return {};
}

/// A full export of everything reads by ranges of the key, and compares no tenant.
Result<void> look_for_bytes(sql::Connection& connection, SourceTable& table,
                            const ExportOptions& options, ExportPlan& plan) {
  if (options.mode == Mode::full && options.tenants.empty() && options.countries.empty() &&
      !options.limit) {
    return {};
  }
  const Result<std::vector<std::string>> columns = table.look_for_bytes(connection);
  if (!columns) return std::unexpected(columns.error());
  for (const std::string& column : *columns) {
    plan.notes.push_back(
        say({"{0} of {1} holds bytes (BLOB) beside other values: they are read as the texts that "
             "they spell, and without its index; UPDATE {1} SET {0} = CAST({0} AS TEXT) WHERE "
             "typeof({0}) = 'blob' mends it",
             "表 {1} 的 {0} 除其他值外还含有二进制值（BLOB）：按其拼写的文本读取，但无法使用索引；"
             "执行 UPDATE {1} SET {0} = CAST({0} AS TEXT) WHERE typeof({0}) = 'blob' 即可修复"},
            column, table.spec().table));
  }
  return {};
}

Result<void> plan_retry(const SourceTable& table, const std::vector<std::string>& chosen,
                        const std::set<Key>& rejects, ExportPlan& plan) {
  if (!chosen.empty()) {
    plan.retried_rejects.clear();
    for (const std::string& text : chosen) {
      const Key key = Key::from_text(text, table.integer_key());
      if (!rejects.contains(key)) {
        return fail(ErrorKind::not_found,
                    {"no row with the key {} is on the reject list", "拒收清单中没有键为 {} 的行"},
                    printable(text));
      }
      plan.retried_rejects.insert(key);
    }
  }
  Job& job = plan.jobs.emplace_back();
  job.pending = 0;
  put_keys({plan.retried_rejects.begin(), plan.retried_rejects.end()}, table, job, plan.queue);
  return {};
}

}  // namespace

Result<void> plan_export(sql::Connection& connection, SourceTable& table,
                         const ExportOptions& options, HeldTree& tree,
                         const std::optional<watermark::State>& stepped_back, const Clock& clock,
                         ExportPlan& plan) {
  plan.retried_rejects = tree.rejects;
  plan.rejecting = tree.rejecting;
  plan.covered = tree.covered;
  if (options.retried_rejects) {
    // Only their status may change.
    Result<watermark::State> state = watermark::StateFile(tree.state_directory).load();
    if (!state) return fail(std::move(state.error()));
    plan.state = std::move(*state);
    plan.state_on_disk = plan.state;
    return plan_retry(table, *options.retried_rejects, tree.rejects, plan);
  }
  if (options.limit) {
    if (Result<void> restricted = restrict_to_groups(connection, table, *options.limit);
        !restricted) {
      return restricted;
    }
  }
  if (Result<void> looked = look_for_bytes(connection, table, options, plan); !looked) {
    return looked;
  }
  return options.mode == Mode::incremental
             ? plan_tenants(connection, table, options, tree, stepped_back, clock, plan)
             : plan_table(connection, table, options, tree, plan);
}

void put_keys(const std::vector<Key>& keys, const SourceTable& table, Job& job, SliceQueue& queue) {
  for (std::size_t i = 0; i < keys.size(); i += keys_per_slice) {
    Slice slice;
    slice.keys.assign(
        keys.begin() + static_cast<std::ptrdiff_t>(i),
        keys.begin() + static_cast<std::ptrdiff_t>(std::min(i + keys_per_slice, keys.size())));
    for (std::size_t batch = 0; batch < table.batches(); ++batch) {
      slice.batch = batch;
      job.pending.fetch_add(1);
      queue.put({.job = &job, .slice = slice});
    }
  }
}

}  // namespace tidemark::exporter
