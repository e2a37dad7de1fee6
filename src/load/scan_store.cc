#include "load/scan_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "load/row_sql.h"
#include "load/schema.h"
#include "load/stream_turn.h"
#include "sql/rows.h"
#include "sql/transaction.h"

namespace tidemark::load {
namespace {

Result<CivilTime> civil(std::optional<std::string_view> text) {
  const std::optional<CivilTime> time = CivilTime::parse(text.value_or(""));
  if (!time)
    return fail(ErrorKind::corrupt,
                {"the warehouse holds '{}' for a time", "数仓中的时间无效：“{}”"},
                text.value_or("NULL"));
  return *time;
}

}  // namespace

Result<void> ScanStore::register_stream() {
  const sql::Values key = {platform_, stream_};
  const auto known = sql::query_value(
      connection_, "SELECT platform FROM load_streams WHERE platform=? AND stream=?", key);
  if (!known) return fail(known.error());
  if (*known) return {};
  const bool mysql = connection_.dialect() == sql::Dialect::mysql;
  const auto made = connection_.execute(
      mysql ? "INSERT IGNORE INTO load_streams (platform, stream) VALUES (?,?)"
            : "INSERT INTO load_streams (platform, stream) VALUES (?,?) ON CONFLICT DO NOTHING",
      key);
  return made ? Result<void>{} : fail(made.error());
}

Result<std::optional<Scan>> ScanStore::unfinished(std::string_view mode,
                                                  const std::optional<TimeWindow>& range,
                                                  WallTime since) {
  std::string sql =
      "SELECT scan_id, range_from, range_upto, started_at FROM load_scans s WHERE platform=? AND "
      "stream=? AND mode=? AND COALESCE((SELECT MAX(w.finished_at) FROM load_windows w "
      "WHERE w.scan_id=s.scan_id), started_at)>=? AND ended_at IS NULL";
  sql::Values params = {platform_, stream_, std::string(mode), utc_text(since)};
  if (range) {
    sql += " AND range_from=? AND range_upto=?";
    params.emplace_back(range->from.text());
    params.emplace_back(range->upto.text());
  }
  Result<std::unique_ptr<sql::Cursor>> cursor =
      connection_.query(sql + " ORDER BY scan_id DESC LIMIT 1", params);
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  if (!*row) return std::nullopt;
  const Result<CivilTime> from = civil((*cursor)->at(1));
  if (!from) return fail(from.error());
  const Result<CivilTime> upto = civil((*cursor)->at(2));
  if (!upto) return fail(upto.error());
  const Result<WallTime> started = utc_time((*cursor)->at(3));
  if (!started) return fail(started.error());
  return Scan{.id = std::string((*cursor)->at(0).value_or("")),
              .mode = std::string(mode),
              .range = {*from, *upto},
              .started_at = *started};
}

Result<void> ScanStore::begin(const Scan& scan) {
  const sql::Values row = {scan.id,
                           platform_,
                           stream_,
                           scan.mode,
                           scan.range.from.text(),
                           scan.range.upto.text(),
                           utc_text(scan.started_at),
                           sql::Value()};
  return insert_rows(connection_, load_scans_table(), {row});
}

Result<void> ScanStore::end(const Scan& scan, bool any_range, WallTime now) {
  std::string older = "platform=? AND stream=? AND mode=? AND scan_id<?";
  sql::Values params = {utc_text(now), scan.id, platform_, stream_, scan.mode, scan.id};
  if (!any_range) {
    older += " AND range_from=? AND range_upto=?";
    params.emplace_back(scan.range.from.text());
    params.emplace_back(scan.range.upto.text());
  }
  return sql::write(
      connection_,
      "UPDATE load_scans SET ended_at=? WHERE ended_at IS NULL AND (scan_id=? OR (" + older + "))",
      params);
}

Result<std::vector<FinishedWindow>> ScanStore::finished_windows(const Scan& scan) {
  std::vector<FinishedWindow> windows;
  Result<void> read = sql::each_row(
      connection_.query("SELECT window_from, window_upto, finished_at FROM load_windows WHERE "
                        "scan_id=? ORDER BY window_from",
                        sql::Values{scan.id}),
      [&](const sql::Cursor& row) -> Result<void> {
        const Result<CivilTime> from = civil(row.at(0));
        if (!from) return fail(from.error());
        const Result<CivilTime> upto = civil(row.at(1));
        if (!upto) return fail(upto.error());
        const Result<WallTime> finished = utc_time(row.at(2));
        if (!finished) return fail(finished.error());
        windows.push_back({.window = {*from, *upto}, .finished_at = *finished});
        return {};
      });
  if (!read) return fail(std::move(read).error());
  return windows;
}

template <class Work>
Result<void> ScanStore::in_transaction(Work work) {
  return sql::in_transaction(connection_, [&]() -> Result<void> {
    if (Result<void> taken = take_turn(connection_, platform_, stream_); !taken) return taken;
    return work();
  });
}

Result<void> ScanStore::note_longest(const TableSpec& table, const Scan& scan,
                                     const TimeWindow& window, const sql::Values& row) {
  const Result<std::int64_t> longer = sql::query_number(
      connection_,
      fmt::format("SELECT COUNT(*) FROM {} WHERE scan_id=? AND window_from=? AND window_upto>?",
                  table.name),
      sql::Values{scan.id, window.from.text(), window.upto.text()});
  if (!longer) return fail(longer.error());
  if (*longer > 0) return {};
  return upsert_rows(connection_, table, std::span(&row, 1));
}

Result<void> ScanStore::finish_window(const Scan& scan, const TimeWindow& window,
                                      std::uint64_t records, const Proof& proof, WallTime now) {
  const sql::Values row = {scan.id, window.from.text(), window.upto.text(),
                           static_cast<std::int64_t>(records), utc_text(now)};
  return in_transaction([&]() -> Result<void> {
    if (Result<void> noted = note_longest(load_windows_table(), scan, window, row); !noted)
      return noted;
    if (proof.unchecked && !proof.window.empty()) {
      const sql::Values unchecked = {scan.id, proof.window.from.text(), proof.window.upto.text(),
                                     platform_, stream_};
      if (Result<void> noted = note_longest(load_unchecked_table(), scan, proof.window, unchecked);
          !noted)
        return noted;
    }
    const GapNews news{.window = proof.window, .unproven = proof.unproven};
    if (Result<void> taken = gap_store().take(news, now); !taken) return taken;
    return extend_locked(proof);
  });
}

Result<std::vector<UncheckedWindow>> ScanStore::unchecked() {
  std::vector<UncheckedWindow> windows;
  Result<void> read = sql::each_row(
      connection_.query("SELECT u.scan_id, s.started_at, u.window_from, u.window_upto FROM "
                        "load_unchecked u JOIN load_scans s ON s.scan_id=u.scan_id "
                        "WHERE u.platform=? AND u.stream=? ORDER BY u.scan_id DESC, u.window_from",
                        sql::Values{platform_, stream_}),
      [&](const sql::Cursor& row) -> Result<void> {
        const Result<WallTime> started = utc_time(row.at(1));
        if (!started) return fail(started.error());
        const Result<CivilTime> from = civil(row.at(2));
        if (!from) return fail(from.error());
        const Result<CivilTime> upto = civil(row.at(3));
        if (!upto) return fail(upto.error());
        windows.push_back({.scan_id = std::string(row.at(0).value_or("")),
                           .scan_started_at = *started,
                           .window = {*from, *upto}});
        return {};
      });
  if (!read) return fail(std::move(read).error());
  return windows;
}

Result<void> ScanStore::note_checked(std::span<const UncheckedWindow> windows) {
  for (const UncheckedWindow& window : windows)
    if (Result<void> done =
            sql::write(connection_, "DELETE FROM load_unchecked WHERE scan_id=? AND window_from=?",
                       sql::Values{window.scan_id, window.window.from.text()});
        !done)
      return done;
  return {};
}

Result<std::optional<AmountsCompared>> ScanStore::amounts_compared() {
  std::optional<AmountsCompared> compared;
  Result<void> read = sql::each_row(
      connection_.query("SELECT compared_from, compared_at FROM load_amount_checks WHERE "
                        "platform=? AND stream=?",
                        sql::Values{platform_, stream_}),
      [&](const sql::Cursor& row) -> Result<void> {
        const Result<CivilTime> from = civil(row.at(0));
        if (!from) return fail(from.error());
        const Result<WallTime> at = utc_time(row.at(1));
        if (!at) return fail(at.error());
        compared = {.from = *from, .at = *at};
        return {};
      });
  if (!read) return fail(std::move(read).error());
  return compared;
}

Result<void> ScanStore::note_amounts_compared(const AmountsCompared& compared) {
  return in_transaction([&] {
    const std::vector<sql::Values> row = {
        {platform_, stream_, compared.from.text(), utc_text(compared.at)}};
    return upsert_rows(connection_, load_amount_checks_table(), row);
  });
}

Result<void> ScanStore::forget_amounts_compared() {
  return in_transaction([&] {
    return sql::write(connection_, "DELETE FROM load_amount_checks WHERE platform=? AND stream=?",
                      sql::Values{platform_, stream_});
  });
}

Result<std::vector<Gap>> ScanStore::gaps() { return gap_store().all(); }

Result<std::int64_t> ScanStore::accept_gaps(const TimeWindow& range, const std::string& reason,
                                            WallTime now) {
  std::int64_t accepted = 0;
  Result<void> done = in_transaction([&]() -> Result<void> {
    const Result<std::int64_t> count = gap_store().accept(range, reason, now);
    if (!count) return fail(count.error());
    accepted = *count;
    return {};
  });
  if (!done) return fail(std::move(done).error());
  return accepted;
}

Result<std::optional<Complete>> ScanStore::complete() {
  Result<std::unique_ptr<sql::Cursor>> cursor = connection_.query(
      "SELECT complete_from, complete_upto FROM load_streams WHERE platform=? AND stream=?",
      sql::Values{platform_, stream_});
  if (!cursor) return fail(std::move(cursor));
  const Result<bool> row = (*cursor)->next();
  if (!row) return fail(row.error());
  if (!*row || !(*cursor)->at(0) || !(*cursor)->at(1)) return std::nullopt;
  const Result<CivilTime> from = civil((*cursor)->at(0));
  if (!from) return fail(from.error());
  const Result<CivilTime> upto = civil((*cursor)->at(1));
  if (!upto) return fail(upto.error());
  return Complete{.from = *from, .upto = *upto};
}

Result<void> ScanStore::extend_complete(const Proof& proof) {
  return in_transaction([&] { return extend_locked(proof); });
}

Result<void> ScanStore::extend_locked(const Proof& proof) {
  const TimeWindow& proven = proof.window;
  if (proven.empty()) return {};
  const Result<std::optional<Complete>> known = complete();
  if (!known) return fail(known.error());
  if (!*known && !proof.founds) return {};
  constexpr std::chrono::seconds second{1};
  Complete now = known->value_or(Complete{.from = proven.from, .upto = proven.upto});
  const bool wrong = proof.latest && now.upto > *proof.latest;
  if (wrong && !proof.founds) return {};
  if (wrong) now.upto = std::max(now.from, proven.from) - second;
  const bool adjoins = proven.from <= now.upto + second && proven.upto + second >= now.from;
  if (!adjoins && !wrong) return {};
  now = adjoins ? Complete{.from = std::min(now.from, proven.from),
                           .upto = std::max(now.upto, proven.upto)}
                : Complete{.from = proven.from, .upto = proven.upto};
  return set_complete(now);
}

Result<bool> ScanStore::import_complete(const Complete& complete, WallTime now) {
  bool imported = false;
  Result<void> done = in_transaction([&]() -> Result<void> {
    const Result<bool> found = import_locked(complete, now);
    if (!found) return fail(found.error());
    imported = *found;
    return {};
  });
  if (!done) return fail(std::move(done).error());
  return imported;
}

Result<bool> ScanStore::import_locked(const Complete& complete_now, WallTime now) {
  const Result<std::optional<Complete>> known = complete();
  if (!known) return fail(known.error());
  if (*known) return false;
  const Gap gap{
      .span = {complete_now.from, complete_now.upto}, .kind = GapKind::imported, .found_at = now};
  if (Result<void> added = gap_store().add(gap); !added) return fail(std::move(added).error());
  if (Result<void> set = set_complete(complete_now); !set) return fail(std::move(set).error());
  return true;
}

Result<void> ScanStore::set_complete(const Complete& complete) {
  const auto set = connection_.execute(
      "UPDATE load_streams SET complete_from=?, complete_upto=? WHERE platform=? AND stream=?",
      sql::Values{complete.from.text(), complete.upto.text(), platform_, stream_});
  return set ? Result<void>{} : fail(set.error());
}

}  // namespace tidemark::load
