#pragma once

#include <cstdint>
#include <string_view>

#include "base/text.h"

namespace tidemark::load::xiaoe {

/// What an answer of the gateway asks of its client.
enum class GatewayAction {
  proceed,      ///< 0
  retry,        ///< 1001, 1002: busy, or a backend answered nonsense.
  new_token,    ///< 2008
  next_window,  ///< 2053: the calls of this window are used up.
  slow_down,    ///< 2054: too many at once.
  give_up,      ///< Credentials, permissions, IP list: somebody has to act.
  not_offered,  ///< 2007, 2052, 2055: whatever is asked for, the interface takes no such call.
  refused,      ///< The request is wrong: our mistake, or an unknown code.
};

[[nodiscard]] GatewayAction action_of(std::int64_t code);
/// What to do about it, for people; empty if nothing is known. `permission` is the grant that the
/// interface needs, as the shop's console calls it; may be empty.
[[nodiscard]] Message hint_of(std::int64_t code, std::string_view interface,
                              std::string_view permission);

}  // namespace tidemark::load::xiaoe
