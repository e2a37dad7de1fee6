#include "relay/receive/comparison.h"

#include <utility>

#include "base/decimal.h"
#include "relay/receive/hub_events.h"

namespace tidemark::receive {
namespace {

constexpr std::int64_t page_events = 500;

/// By value: databases write 1.00 as 1.000000000000.
bool equal_amounts(const std::optional<std::string>& a, const std::optional<std::string>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  const auto left = Decimal::parse(*a), right = Decimal::parse(*b);
  return left && right ? *left == *right : *a == *b;
}

Result<bool> cache_agrees(ReceiverStore& store, const ReceivedEvent& event) {
  if (!event.invoice) return true;
  const Result<std::optional<CachedInvoice>> cached =
      store.cached_invoice(event.source_system, event.invoice->invoice_id);
  if (!cached) return fail(cached.error());
  if (!*cached) return false;
  // Another record of the source may have said something later about this invoice.
  if ((*cached)->source_type != event.source_type || (*cached)->source_id != event.source_id)
    return (*cached)->event_timestamp >= event.timestamp;
  if ((*cached)->source_version > event.source_version) return true;
  return (*cached)->source_version == event.source_version &&
         (*cached)->invoice_no == event.invoice->invoice_no &&
         equal_amounts((*cached)->amount, event.invoice->amount);
}

}  // namespace

std::string_view name(Difference difference) {
  switch (difference) {
    case Difference::missing:
      return "missing";
    case Difference::older:
      return "older";
    case Difference::different:
      return "different";
    case Difference::cache:
      return "cache";
  }
  return "";
}

Result<std::optional<Difference>> difference_of(ReceiverStore& store, const ReceivedEvent& event) {
  const auto here = store.latest(event.source_system, event.source_type, event.source_id);
  if (!here) return fail(here.error());
  if (!*here) return Difference::missing;
  if (event.newer_than(**here)) return Difference::older;
  if ((*here)->newer_than(event)) return std::nullopt;
  if ((*here)->body != event.body) return Difference::different;
  const Result<bool> agrees = cache_agrees(store, event);
  if (!agrees) return fail(agrees.error());
  if (!*agrees) return Difference::cache;
  return std::nullopt;
}

Result<Comparison> compare_with_hub(ReceiverStore& store, relay::HubClient& hub,
                                    const std::string& subscription_id,
                                    const std::function<bool()>& stop) {
  Comparison comparison;
  std::int64_t after = 0;
  while (true) {
    if (stop()) return fail(ErrorKind::cancelled, {"stopped", "已中止"});
    Result<EventsPage> page = events_after(hub, subscription_id, after, page_events);
    if (!page) return fail(std::move(page).error());
    for (PulledEvent& pulled : page->events) {
      ++comparison.events;
      Result<ReceivedEvent> event = parse_event(pulled.id, pulled.body);
      if (!event) {
        ++comparison.refused;
        continue;
      }
      const Result<std::optional<Difference>> difference = difference_of(store, *event);
      if (!difference) return fail(difference.error());
      if (!*difference) continue;
      std::tuple key(event->source_system, event->source_type, event->source_id);
      const auto known = comparison.differences.find(key);
      if (known == comparison.differences.end())
        comparison.differences.emplace(std::move(key),
                                       FoundDifference{**difference, std::move(*event)});
      else if (event->newer_than(known->second.event))
        known->second = FoundDifference{**difference, std::move(*event)};
    }
    if (!page->has_more) return comparison;
    after = page->next_after;
  }
}

}  // namespace tidemark::receive
