#include "api/access.h"

#include <algorithm>
#include <array>

namespace tidemark::api {
namespace {

constexpr std::array rules = {
    AccessRule{"GET", "/livez", Need::nothing},
    AccessRule{"GET", "/readyz", Need::nothing},
    AccessRule{"GET", "/version", Need::nothing},
    AccessRule{"GET", "/metrics", Need::nothing},
    AccessRule{"GET", "/api/v1/openapi.json", Need::nothing},

    AccessRule{"POST", "/api/v1/vouchers", Need::publish},
    AccessRule{"POST", "/api/v1/vouchers/batch", Need::publish},
    AccessRule{"POST", "/api/v1/events", Need::publish},
    AccessRule{"GET", "/api/v1/vouchers", Need::read},
    AccessRule{"GET", "/api/v1/vouchers/{id}", Need::read},

    AccessRule{"GET", "/api/v1/subscriptions", Need::read},
    AccessRule{"GET", "/api/v1/subscriptions/{id}", Need::read},
    AccessRule{"GET", "/api/v1/subscriptions/{id}/events", Need::read},
    // What a receiver found when it compared its own copy: it has a viewer's token for that.
    AccessRule{"POST", "/api/v1/subscriptions/{id}/check", Need::read},
    AccessRule{"POST", "/api/v1/subscriptions", Need::administer},
    AccessRule{"PATCH", "/api/v1/subscriptions/{id}", Need::administer},
    AccessRule{"DELETE", "/api/v1/subscriptions/{id}", Need::administer},
    AccessRule{"POST", "/api/v1/subscriptions/{id}/rotate-secret", Need::administer},
    AccessRule{"POST", "/api/v1/subscriptions/{id}/pause", Need::operate},
    AccessRule{"POST", "/api/v1/subscriptions/{id}/resume", Need::operate},
    AccessRule{"POST", "/api/v1/subscriptions/{id}/test", Need::operate},
    AccessRule{"POST", "/api/v1/subscriptions/{id}/replay", Need::operate},

    AccessRule{"GET", "/api/v1/replays", Need::read},
    AccessRule{"GET", "/api/v1/replays/{id}", Need::read},
    AccessRule{"POST", "/api/v1/replays/{id}/cancel", Need::operate},

    AccessRule{"GET", "/api/v1/deliveries", Need::read},
    AccessRule{"GET", "/api/v1/deliveries/{id}", Need::read},
    AccessRule{"POST", "/api/v1/deliveries/retry", Need::operate},
    AccessRule{"POST", "/api/v1/deliveries/{id}/retry", Need::operate},
    AccessRule{"POST", "/api/v1/deliveries/{id}/cancel", Need::operate},
    AccessRule{"GET", "/api/v1/sync-logs", Need::read},
    AccessRule{"GET", "/api/v1/sync/stats", Need::read},

    AccessRule{"GET", "/api/v1/stream-refusals", Need::read},
    AccessRule{"GET", "/api/v1/stream-refusals/{id}", Need::read},
    AccessRule{"POST", "/api/v1/stream-refusals/{id}/publish", Need::operate},
    AccessRule{"DELETE", "/api/v1/stream-refusals/{id}", Need::operate},

    AccessRule{"GET", "/api/v1/schedules", Need::read},
    AccessRule{"GET", "/api/v1/schedules/{name}", Need::read},
    AccessRule{"PATCH", "/api/v1/schedules/{name}", Need::operate},
    AccessRule{"POST", "/api/v1/schedules/{name}/run", Need::operate},

    AccessRule{"GET", "/api/v1/alerts", Need::read},
    AccessRule{"POST", "/api/v1/alerts/test", Need::operate},
    AccessRule{"POST", "/api/v1/alerts/mute", Need::operate},
    AccessRule{"POST", "/api/v1/alerts/unmute", Need::operate},

    AccessRule{"GET", "/api/v1/tokens", Need::administer},
    AccessRule{"POST", "/api/v1/tokens", Need::administer},
    AccessRule{"DELETE", "/api/v1/tokens/{id}", Need::administer},
};

}  // namespace

std::string_view name(Role role) {
  switch (role) {
    case Role::publisher:
      return "publisher";
    case Role::viewer:
      return "viewer";
    case Role::operator_:
      return "operator";
    case Role::admin:
      return "admin";
  }
  return "";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::publisher, Role::viewer, Role::operator_, Role::admin})
    if (text == name(role)) return role;
  return std::nullopt;
}

std::string_view name(Need need) {
  switch (need) {
    case Need::nothing:
      return "nothing";
    case Need::publish:
      return "publisher";
    case Need::read:
      return "viewer";
    case Need::operate:
      return "operator";
    case Need::administer:
      return "admin";
  }
  return "";
}

bool may(Role role, Need need) {
  switch (need) {
    case Need::nothing:
      return true;
    case Need::publish:
      return role != Role::viewer;
    case Need::read:
      return role != Role::publisher;
    case Need::operate:
      return role == Role::operator_ || role == Role::admin;
    case Need::administer:
      return role == Role::admin;
  }
  return false;
}

std::span<const AccessRule> access_rules() { return rules; }

std::optional<Need> need_of(std::string_view method, std::string_view pattern) {
  const auto* rule = std::ranges::find_if(rules, [&](const AccessRule& candidate) {
    return candidate.method == method && candidate.pattern == pattern;
  });
  if (rule == rules.end()) return std::nullopt;
  return rule->need;
}

}  // namespace tidemark::api
