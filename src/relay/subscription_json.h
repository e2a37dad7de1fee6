#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "relay/subscription.h"

namespace tidemark::relay {

/// What a request may do to a subscription.
struct SubscriptionLimits {
  /// Judges a URL: scheme, host, literal addresses. Errors: rejected.
  std::function<Result<void>(std::string_view url)> check_url;
};

/// The request of POST /api/v1/subscriptions: `name`, `target_system`, `url`, `event_types`, and
/// optionally `secret`, `mode`, `active` and the settings. Id, stamps and a missing secret are the
/// caller's. Errors: rejected, naming the field; unknown fields are refused.
[[nodiscard]] Result<Subscription> parse_subscription(std::string_view json,
                                                      const SubscriptionLimits& limits);

/// The request of PATCH: only what it names changes. The same fields but `secret` (rotate-secret)
/// and `active` (pause, resume). All of it or nothing. Errors: rejected.
[[nodiscard]] Result<void> patch_subscription(Subscription& subscription, std::string_view json,
                                              const SubscriptionLimits& limits);

/// What create and rotate-secret take: 1 to 1,024 bytes without control characters.
/// Errors: rejected, naming the field `secret`.
[[nodiscard]] Result<void> check_secret(std::string_view secret);

/// As the API shows it, without secrets: `"secret"` stands only with `show_secret`.
[[nodiscard]] std::string subscription_json(const Subscription& subscription, bool show_secret);

/// How settings are stored, and read back. Unknown fields of a newer version are ignored.
/// Error: corrupt, when a known one has a value that it cannot have.
[[nodiscard]] std::string settings_json(const SubscriptionSettings& settings);
[[nodiscard]] Result<SubscriptionSettings> parse_settings(std::string_view json);

}  // namespace tidemark::relay
