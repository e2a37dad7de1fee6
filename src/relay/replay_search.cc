#include "relay/replay_search.h"

#include <algorithm>

#include "relay/event_id.h"
#include "relay/row.h"
#include "sql/rows.h"

namespace tidemark::relay {
namespace {

constexpr std::int64_t count_step = 5000;

/// As the store joins them.
std::vector<std::string> split_systems(const std::string& text) {
  std::vector<std::string> systems;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    systems.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return systems;
}

bool asked_for(const ReplayRange& range, std::string_view event_type) {
  return range.event_types.empty() ||
         std::ranges::any_of(range.event_types, [event_type](const std::string& pattern) {
           return event_type_matches(pattern, event_type);
         });
}

}  // namespace

Result<ReplayStep> replay_step(sql::Connection& connection, const Subscription& subscription,
                               const ReplayRange& range, const std::string& after,
                               std::int64_t limit) {
  const std::string from = std::max(after, event_id_floor(range.since));
  auto cursor = connection.query(
      "SELECT event_id, event_type, source_system, source_type, source_id, source_module, "
      "company_id, target_systems FROM events WHERE event_id > ? AND event_id < ? ORDER BY "
      "event_id LIMIT ?",
      sql::Values{from, event_id_floor(range.until), limit});
  ReplayStep step{.event_ids = {}, .last_event = after};
  std::int64_t seen = 0;
  Result<void> read = sql::each_row(std::move(cursor), [&](const sql::Cursor& row) {
    ++seen;
    step.last_event = text_at(row, 0);
    const Publication publication{.event_type = text_at(row, 1),
                                  .source_system = text_at(row, 2),
                                  .source_type = text_at(row, 3),
                                  .source_id = text_at(row, 4),
                                  .target_systems = split_systems(text_at(row, 7)),
                                  .company_id = text_at(row, 6),
                                  .source_module = text_at(row, 5)};
    if (asked_for(range, publication.event_type) && subscription.wants(publication))
      step.event_ids.push_back(step.last_event);
  });
  if (!read) return fail(std::move(read));
  step.end = seen < limit;
  return step;
}

Result<std::int64_t> count_replay(sql::Connection& connection, const Subscription& subscription,
                                  const ReplayRange& range) {
  std::int64_t count = 0;
  std::string after;
  while (true) {
    Result<ReplayStep> step = replay_step(connection, subscription, range, after, count_step);
    if (!step) return fail(std::move(step));
    count += std::ssize(step->event_ids);
    if (step->end) return count;
    after = std::move(step->last_event);
  }
}

}  // namespace tidemark::relay
