#include "load/raw_layer.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "base/bytes.h"
#include "load/key_conditions.h"
#include "load/schema.h"
#include "sql/rows.h"

namespace tidemark::load {
namespace {

/// Finds the present state of a record of raw_seen, by the key of raw_records.
constexpr std::string_view present_of_seen =
    "FROM raw_seen s JOIN raw_records r ON r.platform=s.platform AND r.stream=s.stream "
    "AND r.record_id=s.record_id AND r.observed_at=s.first_observed_at";

}  // namespace

std::string content_hash(std::string_view payload) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(payload.data(), payload.size()));
  return hex({reinterpret_cast<const char*>(canonical.digest), sizeof(canonical.digest)});
}

Condition RawLayer::own() const {
  return {.sql = "platform=? AND stream=?", .params = {platform_, stream_}};
}

Result<std::map<std::string, Seen>> RawLayer::seen(std::span<const std::string> ids) {
  std::map<std::string, Seen> found;
  places_.clear();
  const Result<KeyConditions> wanted =
      key_conditions(connection_, "raw_seen", own(), "record_id", ids);
  if (!wanted) return fail(wanted.error());
  for (const Condition& condition : wanted->conditions) {
    Result<void> read = sql::each_row(
        connection_.query(
            "SELECT record_id, content_hash, observed_at, rejected, first_observed_at "
            "FROM raw_seen "
            "WHERE " +
                condition.sql + " ORDER BY record_id",
            condition.params),
        [&](const sql::Cursor& row) -> Result<void> {
          const Result<WallTime> observed = utc_time(row.at(2));
          if (!observed) return fail(observed.error());
          Seen known{.hash = std::string(row.at(1).value_or("")),
                     .observed_at = *observed,
                     .rejected = row.at(3) == "1"};
          if (known.rejected) {
            const Result<WallTime> first = utc_time(row.at(4));
            if (!first) return fail(first.error());
            known.first_observed_at = *first;
          }
          const auto place =
              found.emplace_hint(found.end(), row.at(0).value_or(""), std::move(known));
          if (wanted->range) places_.emplace(place->first, places_.size());
          return {};
        });
    if (!read) return fail(std::move(read).error());
  }
  return found;
}

Result<void> RawLayer::add(std::span<const Observed* const> rows, const std::vector<bool>& is_new,
                           const std::vector<bool>& rejected, std::string_view scan_id) {
  const auto record = [&](std::size_t i, CellWriter& cells) {
    cells.exactly(platform_)
        .exactly(stream_)
        .exactly(rows[i]->id)
        .exactly(utc_text(rows[i]->observed_at))
        .exactly(rows[i]->hash)
        .exactly(scan_id)
        .exactly(rows[i]->payload);
  };
  const auto present = [&](std::size_t i, CellWriter& cells) {
    const std::string stamp = utc_text(rows[i]->observed_at);
    cells.exactly(platform_)
        .exactly(stream_)
        .exactly(rows[i]->id)
        .exactly(rows[i]->hash)
        .exactly(stamp)
        .exactly(stamp)
        .exactly(scan_id)
        .number(rejected[i] ? 1 : 0);
  };
  std::vector<std::size_t> fresh;
  std::vector<sql::Values> known;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (is_new[i]) {
      fresh.push_back(i);
      continue;
    }
    CellWriter cells(known.emplace_back());
    present(i, cells);
  }
  if (auto done = insert_made_rows(connection_, raw_records_table(), rows.size(), record); !done)
    return done;
  const auto first_seen = [&](std::size_t row, CellWriter& cells) { present(fresh[row], cells); };
  if (auto done = insert_made_rows(connection_, raw_seen_table(), fresh.size(), first_seen); !done)
    return done;
  return upsert_rows(connection_, raw_seen_table(), known);
}

std::vector<Condition> RawLayer::exactly(std::vector<std::string> ids) const {
  constexpr std::size_t run_min = 8;  // Shorter ones are not worth a statement.
  std::vector<Condition> conditions;
  std::vector<std::string> single;
  const auto place = [this](const std::string& id) {
    const auto found = places_.find(id);
    return found == places_.end() ? std::string::npos : found->second;
  };
  std::ranges::sort(ids, {}, place);
  for (std::size_t begin = 0, end = 0; begin < ids.size(); begin = end) {
    const std::size_t first = place(ids[begin]);
    for (end = begin + 1;
         end < ids.size() && first != std::string::npos && place(ids[end]) == first + (end - begin);
         ++end) {
    }
    if (end - begin >= run_min)
      conditions.push_back(own() + is_between("record_id", ids[begin], ids[end - 1]));
    else
      single.insert(single.end(), ids.begin() + static_cast<std::ptrdiff_t>(begin),
                    ids.begin() + static_cast<std::ptrdiff_t>(end));
  }
  for (std::span<const std::string> rest = single; !rest.empty();) {
    const std::size_t count = std::min(rest.size(), keys_per_statement_max);
    conditions.push_back(own() + is_one_of(connection_.dialect(), "record_id", rest.first(count)));
    rest = rest.subspan(count);
  }
  return conditions;
}

Result<void> RawLayer::seen_again(std::span<const Observed* const> rows, std::string_view scan_id) {
  // A batch has few different moments: one for each page.
  std::map<WallTime, std::vector<std::string>> by_moment;
  for (const Observed* row : rows) by_moment[row->observed_at].push_back(row->id);
  for (auto& [moment, ids] : by_moment) {
    const std::string stamp = utc_text(moment);
    for (const Condition& condition : exactly(std::move(ids))) {
      sql::Values params = {stamp, std::string(scan_id), stamp};
      params.insert(params.end(), condition.params.begin(), condition.params.end());
      const auto done = connection_.execute(
          "UPDATE raw_seen SET observed_at=?, scan_id=? WHERE observed_at<? AND " + condition.sql,
          params);
      if (!done) return fail(done.error());
    }
  }
  return {};
}

Result<void> RawLayer::mark_rejected(const std::string& id) {
  const auto done = connection_.execute(
      "UPDATE raw_seen SET rejected=1 WHERE platform=? AND stream=? AND record_id=?",
      sql::Values{platform_, stream_, id});
  return done ? Result<void>{} : fail(done.error());
}

Result<void> RawLayer::mend(const std::string& id) {
  for (const char* sql :
       {"UPDATE raw_seen SET rejected=0 WHERE platform=? AND stream=? AND record_id=?",
        "DELETE FROM load_rejects WHERE platform=? AND stream=? AND record_id=?"}) {
    const auto done = connection_.execute(sql, sql::Values{platform_, stream_, id});
    if (!done) return fail(done.error());
  }
  return {};
}

Result<std::map<std::string, std::string>> RawLayer::present_payloads(
    std::span<const std::string> ids) {
  std::map<std::string, std::string> found;
  while (!ids.empty()) {
    const std::size_t count = std::min(ids.size(), keys_per_statement_max);
    std::vector<sql::Value> params = padded_keys(ids.first(count));
    const std::string sql = fmt::format(
        "SELECT r.record_id, r.payload {} WHERE s.platform=? AND s.stream=? "
        "AND s.record_id IN ({})",
        present_of_seen, marks(params.size()));
    params.insert(params.begin(), {platform_, stream_});
    Result<std::unique_ptr<sql::Cursor>> cursor = connection_.query(sql, params);
    if (!cursor) return fail(std::move(cursor));
    while (true) {
      const Result<bool> row = (*cursor)->next();
      if (!row) return fail(row.error());
      if (!*row) break;
      found.emplace((*cursor)->at(0).value_or(""), (*cursor)->at(1).value_or(""));
    }
    ids = ids.subspan(count);
  }
  return found;
}

Result<std::vector<Observed>> RawLayer::states_of(const std::string& id) {
  std::vector<Observed> states;
  Result<void> read = sql::each_row(
      connection_.query("SELECT content_hash, observed_at, payload FROM raw_records WHERE "
                        "platform=? AND stream=? AND record_id=? ORDER BY observed_at",
                        sql::Values{platform_, stream_, id}),
      [&](const sql::Cursor& row) -> Result<void> {
        const Result<WallTime> observed = utc_time(row.at(1));
        if (!observed) return fail(observed.error());
        states.push_back({.id = id,
                          .hash = std::string(row.at(0).value_or("")),
                          .payload = std::string(row.at(2).value_or("")),
                          .observed_at = *observed});
        return {};
      });
  if (!read) return fail(std::move(read).error());
  return states;
}

Result<WallTime> RawLayer::redate(const std::string& id, WallTime latest, WallTime now) {
  constexpr std::chrono::microseconds tick{1};
  const Result<std::vector<Observed>> states = states_of(id);
  if (!states) return fail(states.error());
  const auto wrong = std::ranges::find_if(
      *states, [&](const Observed& state) { return state.observed_at > latest; });
  const bool some_right = wrong != states->begin();
  WallTime stamp = some_right ? std::prev(wrong)->observed_at : WallTime::min();
  const auto count = states->end() - wrong;
  if (count > 0) stamp = std::max(stamp, now - (count + 1) * tick);
  for (auto state = wrong; state != states->end(); ++state) {
    stamp += tick;
    if (auto done = sql::write(
            connection_,
            "UPDATE raw_records SET observed_at=? WHERE platform=? AND stream=? "
            "AND record_id=? AND observed_at=?",
            sql::Values{utc_text(stamp), platform_, stream_, id, utc_text(state->observed_at)});
        !done)
      return fail(std::move(done).error());
  }
  if (auto done = sql::write(connection_,
                             "UPDATE raw_seen SET first_observed_at=?, observed_at=? "
                             "WHERE platform=? AND stream=? AND record_id=?",
                             sql::Values{utc_text(stamp), utc_text(stamp), platform_, stream_, id});
      !done)
    return fail(std::move(done).error());
  return stamp;
}

Result<std::vector<RecordVersions>> RawLayer::versions(const std::string& after, std::int64_t limit,
                                                       bool all_states) {
  Result<std::unique_ptr<sql::Cursor>> cursor = connection_.query(
      fmt::format("SELECT record_id, rejected FROM raw_seen WHERE platform=? AND stream=? "
                  "AND record_id>? ORDER BY record_id LIMIT {}",
                  limit),
      sql::Values{platform_, stream_, after});
  if (!cursor) return fail(std::move(cursor));
  std::vector<RecordVersions> records;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) break;
    records.push_back({.id = std::string((*cursor)->at(0).value_or("")),
                       .versions = {},
                       .rejected = (*cursor)->at(1) == "1"});
  }
  cursor->reset();
  if (records.empty()) return records;
  cursor = connection_.query(
      all_states
          ? std::string("SELECT record_id, content_hash, observed_at, payload FROM raw_records "
                        "WHERE platform=? AND stream=? AND record_id>=? AND record_id<=? "
                        "ORDER BY record_id, observed_at")
          : fmt::format("SELECT r.record_id, r.content_hash, r.observed_at, r.payload {} "
                        "WHERE s.platform=? AND s.stream=? AND s.record_id>=? "
                        "AND s.record_id<=? ORDER BY s.record_id",
                        present_of_seen),
      sql::Values{platform_, stream_, records.front().id, records.back().id});
  if (!cursor) return fail(std::move(cursor));
  auto record = records.begin();
  std::size_t bytes = 0;
  while (true) {
    const Result<bool> row = (*cursor)->next();
    if (!row) return fail(row.error());
    if (!*row) return records;
    const std::string_view id = (*cursor)->at(0).value_or("");
    const bool another = record->id != id;
    while (record != records.end() && record->id != id) ++record;
    if (another && bytes >= states_bytes_max) {
      records.erase(record, records.end());
      return records;
    }
    if (record == records.end())
      return fail(ErrorKind::corrupt,
                  {"raw_records has '{}', which raw_seen lacks",
                   "raw_records 中有“{}”，而 raw_seen 中没有"},
                  printable(id));
    const Result<WallTime> observed = utc_time((*cursor)->at(2));
    if (!observed) return fail(observed.error());
    bytes += (*cursor)->at(3).value_or("").size();
    record->versions.push_back({.id = record->id,
                                .hash = std::string((*cursor)->at(1).value_or("")),
                                .payload = std::string((*cursor)->at(3).value_or("")),
                                .observed_at = *observed});
  }
}

}  // namespace tidemark::load
