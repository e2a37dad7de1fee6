#include "load/gap_store.h"

#include <algorithm>
#include <utility>

#include "load/row_sql.h"
#include "load/schema.h"
#include "sql/rows.h"

namespace tidemark::load {
namespace {

/// Without each of `holes`, piece by piece.
std::vector<TimeWindow> without(std::span<const TimeWindow> pieces,
                                std::span<const TimeWindow> holes) {
  std::vector<TimeWindow> rest;
  for (const TimeWindow& piece : pieces) {
    const std::vector<TimeWindow> smaller = load::without(piece, holes);
    rest.insert(rest.end(), smaller.begin(), smaller.end());
  }
  return rest;
}

Result<Gap> gap_of(const sql::Cursor& row) {
  const std::optional<CivilTime> from = CivilTime::parse(row.at(0).value_or(""));
  const std::optional<CivilTime> upto = CivilTime::parse(row.at(1).value_or(""));
  if (!from || !upto)
    return fail(ErrorKind::corrupt,
                {"load_gaps holds '{}' for a span", "load_gaps 中的时间段无效：“{}”"},
                row.at(from ? 1 : 0).value_or("NULL"));
  const Result<WallTime> found = utc_time(row.at(3));
  if (!found) return fail(found.error());
  Gap gap{.span = {*from, *upto},
          .kind = row.at(2) == name(GapKind::imported) ? GapKind::imported : GapKind::disputed,
          .found_at = *found,
          .accepted_reason = std::string(row.at(5).value_or(""))};
  if (row.at(4)) {
    const Result<WallTime> accepted = utc_time(row.at(4));
    if (!accepted) return fail(accepted.error());
    gap.accepted_at = *accepted;
  }
  return gap;
}

}  // namespace

std::string_view name(GapKind kind) { return kind == GapKind::imported ? "imported" : "disputed"; }

std::vector<TimeWindow> spans_of(std::span<const Gap> gaps) {
  std::vector<TimeWindow> spans;
  for (const Gap& gap : gaps) spans.push_back(gap.span);
  return spans;
}

std::vector<TimeWindow> spans_of(std::span<const Gap> gaps, GapKind kind) {
  std::vector<TimeWindow> spans;
  for (const Gap& gap : gaps)
    if (gap.kind == kind) spans.push_back(gap.span);
  return spans;
}

Result<std::vector<Gap>> GapStore::all() {
  std::vector<Gap> gaps;
  Result<void> read = sql::each_row(
      connection_.query("SELECT span_from, span_upto, kind, found_at, accepted_at, accepted_reason "
                        "FROM load_gaps WHERE platform=? AND stream=? ORDER BY span_from",
                        sql::Values{platform_, stream_}),
      [&](const sql::Cursor& row) -> Result<void> {
        Result<Gap> gap = gap_of(row);
        if (!gap) return fail(std::move(gap).error());
        gaps.push_back(std::move(*gap));
        return {};
      });
  if (!read) return fail(std::move(read).error());
  return gaps;
}

Result<void> GapStore::add(const Gap& gap) {
  const sql::Values row = {platform_,
                           stream_,
                           gap.span.from.text(),
                           gap.span.upto.text(),
                           std::string(name(gap.kind)),
                           utc_text(gap.found_at),
                           gap.accepted_at ? sql::Value(utc_text(*gap.accepted_at)) : sql::Value(),
                           gap.accepted_reason.empty() ? sql::Value() : gap.accepted_reason};
  return upsert_rows(connection_, load_gaps_table(), std::span(&row, 1));
}

Result<void> GapStore::take(const GapNews& news, WallTime now) {
  if (news.window.empty()) return {};
  std::vector<TimeWindow> unproven;
  for (const TimeWindow& span : news.unproven)
    if (const TimeWindow inside = common(span, news.window); !inside.empty())
      unproven.push_back(inside);
  const std::vector<TimeWindow> proven = load::without(news.window, unproven);
  const Result<std::vector<Gap>> known = all();
  if (!known) return fail(known.error());

  std::vector<Gap> kept;  // Pieces of those that are proven in part.
  for (const Gap& gap : *known) {
    // What was taken on trust has been read now, and is disputed or proven.
    const bool imported = gap.kind == GapKind::imported;
    const std::vector<TimeWindow> rest = imported
                                             ? load::without(gap.span, std::span(&news.window, 1))
                                             : load::without(gap.span, proven);
    if (rest.size() == 1 && rest.front() == gap.span) continue;
    if (auto done = sql::write(
            connection_, "DELETE FROM load_gaps WHERE platform=? AND stream=? AND span_from=?",
            sql::Values{platform_, stream_, gap.span.from.text()});
        !done)
      return done;
    for (const TimeWindow& span : rest) {
      kept.push_back(gap);
      kept.back().span = span;
    }
  }
  for (const Gap& gap : kept)
    if (auto done = add(gap); !done) return done;

  // Also what an earlier reading has proven: only as a gap can it be listed and accepted.
  for (const TimeWindow& span : without(unproven, spans_of(*known, GapKind::disputed)))
    if (auto done = add({.span = span, .found_at = now}); !done) return done;
  return {};
}

Result<std::int64_t> GapStore::accept(const TimeWindow& range, const std::string& reason,
                                      WallTime now) {
  return connection_.execute(
      "UPDATE load_gaps SET accepted_at=?, accepted_reason=? WHERE platform=? AND stream=? AND "
      "kind='disputed' AND accepted_at IS NULL AND span_from>=? AND span_upto<=?",
      sql::Values{utc_text(now), reason, platform_, stream_, range.from.text(), range.upto.text()});
}

}  // namespace tidemark::load
