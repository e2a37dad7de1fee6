#include "relay/receive/pull.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "relay/receive/hub_events.h"

namespace tidemark::receive {
namespace {

constexpr std::int64_t page_events = 100;

std::vector<Arrival> arrivals_of(EventsPage page, const PulledNames& names, PullCounts& counts,
                                 Language language) {
  std::vector<Arrival> arrivals;
  for (PulledEvent& pulled : page.events) {
    Result<ReceivedEvent> event = parse_event(names.name(pulled.id, pulled.body), pulled.body);
    if (event) {
      arrivals.push_back({.event = std::move(*event)});
      continue;
    }
    ++counts.refused;
    log_line(LogLevel::error, say({"event {} of the hub refused: {}", "拒绝中台的事件 {}：{}"},
                                  printable(pulled.id), event.error().what.in(language))
                                  .in(language));
  }
  return arrivals;
}

}  // namespace

Result<PullCounts> pull_missing(ReceiverStore& store, relay::HubClient& hub,
                                const std::string& subscription_id, const PulledNames& names,
                                const Clock& clock, const std::function<bool()>& stop,
                                Language log_language) {
  PullCounts counts;
  const WallTime asked = clock.wall();
  while (!stop()) {
    const Result<SequenceTrack> track = store.track(subscription_id);
    if (!track) return fail(track.error());
    if (track->holes().empty()) break;
    Result<EventsPage> page = events_after(hub, subscription_id, track->contiguous(), page_events);
    if (!page) return fail(std::move(page).error());
    const std::int64_t upto = page->next_after;
    const bool end = !page->has_more;
    const std::vector<Arrival> arrivals =
        arrivals_of(std::move(*page), names, counts, log_language);
    const Result<std::vector<Taken>> taken =
        store.take_pulled(arrivals, subscription_id, upto, end, asked, clock.wall());
    if (!taken) return fail(taken.error());
    for (const Taken each : *taken) ++(each == Taken::stored ? counts.stored : counts.repeated);
    if (end) break;
  }
  return counts;
}

}  // namespace tidemark::receive
