#include "relay/subscription.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace tidemark::relay {
namespace {

constexpr std::array<std::pair<SubscriptionState, std::string_view>, 4> states = {{
    {SubscriptionState::active, "active"},
    {SubscriptionState::paused, "paused"},
    {SubscriptionState::probing, "probing"},
    {SubscriptionState::disabled, "disabled"},
}};

bool among(const std::vector<std::string>& texts, std::string_view text) {
  return std::ranges::find(texts, text) != texts.end();
}

/// What the filter of this name looks at.
const std::string& filtered(const Publication& publication, std::string_view field) {
  if (field == "source_system") return publication.source_system;
  if (field == "source_module") return publication.source_module;
  if (field == "source_type") return publication.source_type;
  check(field == "company_id", "a filter was stored whose field nobody knows");
  return publication.company_id;
}

}  // namespace

std::string_view name(Mode mode) { return mode == Mode::realtime ? "realtime" : "batch"; }

std::string_view name(Ordering ordering) { return ordering == Ordering::none ? "none" : "source"; }

std::string_view name(AfterParked rule) { return rule == AfterParked::block ? "block" : "skip"; }

std::string_view name(SubscriptionState state) {
  return std::ranges::find(states, state, &decltype(states)::value_type::first)->second;
}

std::optional<SubscriptionState> parse_subscription_state(std::string_view text) {
  const auto* const found = std::ranges::find(states, text, &decltype(states)::value_type::second);
  if (found == states.end()) return std::nullopt;
  return found->first;
}

bool Subscription::wants(const Publication& publication) const {
  const std::vector<std::string>& targets = publication.target_systems;
  if (!targets.empty() && !among(targets, target_system)) return false;
  if (std::ranges::none_of(event_types, [&](const std::string& pattern) {
        return event_type_matches(pattern, publication.event_type);
      })) {
    return false;
  }
  return std::ranges::all_of(settings.filter, [&](const auto& rule) {
    return among(rule.second, filtered(publication, rule.first));
  });
}

bool event_type_matches(std::string_view pattern, std::string_view event_type) {
  if (pattern == "*") return true;
  if (pattern.ends_with(".*")) return event_type.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == event_type;
}

}  // namespace tidemark::relay
