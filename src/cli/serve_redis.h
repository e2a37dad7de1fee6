#pragma once

#include <optional>

#include "base/result.h"
#include "cli/context.h"
#include "relay/stream/options.h"

namespace tidemark::cli {

/// What a hub does with Redis; both empty without relay.redis.url.
struct RedisOptions {
  std::optional<relay::StreamOptions> stream{};
  std::optional<relay::WakeOptions> wake{};
};

/// `[relay.redis]`, as configured. The password: the URL's, else relay.redis.password.
/// Errors: invalid_config, naming the setting.
[[nodiscard]] Result<RedisOptions> redis_options(const Context& context);

}  // namespace tidemark::cli
