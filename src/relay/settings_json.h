#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "relay/subscription.h"

namespace tidemark::relay {

/// The names that set_setting knows: `mode`, `signature_style`, `timeout_ms`, `batch`, …
[[nodiscard]] std::span<const std::string_view> setting_names();

/// Sets one of them. Errors: rejected, naming the field and its range.
[[nodiscard]] Result<void> set_setting(SubscriptionSettings& settings, std::string_view name,
                                       const nlohmann::ordered_json& value);

/// What only several settings together tell: a client certificate without its key, a time in a
/// zone. Errors: rejected.
[[nodiscard]] Result<void> check_settings(const SubscriptionSettings& settings);

/// All settings under these names.
[[nodiscard]] nlohmann::ordered_json settings_object(const SubscriptionSettings& settings);

/// A text of 1 to `max` bytes without control characters. Errors: rejected, naming the field.
[[nodiscard]] Result<std::string> read_plain_text(const nlohmann::ordered_json& value,
                                                  std::string_view field, std::size_t max);

}  // namespace tidemark::relay
